//! What `node_exporter` exposes about one machine.

use super::model::Mesh;
use super::page::{Page, milli};
use super::random::of;

const MODES: [&str; 8] = ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"];
const DISKS: [&str; 3] = ["nvme0n1", "nvme1n1", "dm-0"];
const MOUNTS: [(&str, &str, &str); 5] = [
    ("/dev/nvme0n1p1", "ext4", "/"),
    ("/dev/nvme0n1p15", "vfat", "/boot/efi"),
    ("/dev/nvme1n1", "xfs", "/var/lib/containerd"),
    ("tmpfs", "tmpfs", "/run"),
    ("tmpfs", "tmpfs", "/run/lock"),
];
const NETWORKS: [&str; 6] = ["lo", "ens5", "cni0", "flannel.1", "vethb1c0d2e3", "vethf4a5b6c7"];
const UNITS: [&str; 6] = [
    "chronyd.service",
    "containerd.service",
    "cron.service",
    "kubelet.service",
    "node_exporter.service",
    "ssh.service",
];
const STATES: [&str; 5] = ["activating", "active", "deactivating", "failed", "inactive"];

/// The page of machine `node`.
pub(super) fn machine(mesh: &Mesh, node: usize) -> Page {
    let mut machine = Machine { page: Page::default(), node: node as u64, mesh };
    machine.cpu();
    machine.memory();
    machine.disks();
    machine.filesystems();
    machine.networks();
    machine.system();
    machine.page
}

struct Machine<'a> {
    page: Page,
    node: u64,
    mesh: &'a Mesh,
}

impl Machine<'_> {
    fn identity(&self, words: [u64; 2]) -> u64 {
        of(self.mesh.seed, &[21, self.node, words[0], words[1]])
    }

    fn count(&self, words: [u64; 2], most: u64) -> u64 {
        self.mesh.counter(self.identity(words), most)
    }

    fn now(&self, word: u64, most: u64) -> u64 {
        self.identity([word, self.mesh.time]) % most
    }

    fn cpu(&mut self) {
        let name = "node_cpu_seconds_total";
        self.page.family(name, "counter", "Seconds the CPUs spent in each mode.");
        for cpu in 0..4_u64 {
            for (at, mode) in MODES.into_iter().enumerate() {
                let value = milli(self.count([cpu, at as u64], 900_000));
                self.page.sample(name, &[("cpu", &cpu.to_string()), ("mode", mode)], value);
            }
        }
        for (at, name) in ["node_load1", "node_load15", "node_load5"].into_iter().enumerate() {
            let load = milli(self.now(30 + at as u64, 7_000));
            self.page.single(name, "gauge", "Load average.", load);
        }
    }

    fn memory(&mut self) {
        const FIELDS: [(&str, u64); 10] = [
            ("Active", 40),
            ("Buffers", 2),
            ("Cached", 30),
            ("Dirty", 1),
            ("MemAvailable", 60),
            ("MemFree", 20),
            ("MemTotal", 100),
            ("Slab", 4),
            ("SwapFree", 0),
            ("SwapTotal", 0),
        ];
        for (at, (field, percent)) in FIELDS.into_iter().enumerate() {
            let noise =
                if percent == 0 || percent == 100 { 0 } else { self.now(at as u64, 1 << 20) };
            let value = 33_554_432_000 / 100 * percent + noise * 4_096 / 16;
            let help = format!("Memory information field {field}_bytes.");
            self.page.single(&format!("node_memory_{field}_bytes"), "gauge", &help, value);
        }
    }

    fn disks(&mut self) {
        for (at, (name, most)) in [
            ("node_disk_io_time_seconds_total", 900),
            ("node_disk_io_time_weighted_seconds_total", 2_000),
            ("node_disk_read_bytes_total", 90_000_000),
            ("node_disk_reads_completed_total", 9_000),
            ("node_disk_writes_completed_total", 20_000),
            ("node_disk_written_bytes_total", 300_000_000),
        ]
        .into_iter()
        .enumerate()
        {
            self.page.family(name, "counter", "Taken from /proc/diskstats.");
            for (disk, device) in DISKS.into_iter().enumerate() {
                let value = self.count([100 + at as u64, disk as u64], most);
                self.page.sample(name, &[("device", device)], value);
            }
        }
    }

    fn filesystems(&mut self) {
        for (at, name) in [
            "node_filesystem_avail_bytes",
            "node_filesystem_device_error",
            "node_filesystem_files_free",
            "node_filesystem_readonly",
            "node_filesystem_size_bytes",
        ]
        .into_iter()
        .enumerate()
        {
            self.page.family(name, "gauge", "Of one mounted filesystem.");
            for (mount, (device, kind, point)) in MOUNTS.into_iter().enumerate() {
                let free = 1_000_000 + self.now(200 + mount as u64, 90_000_000);
                let value = [free * 1_000, 0, free / 7, 0, 107_374_182_400][at];
                let labels = [("device", device), ("fstype", kind), ("mountpoint", point)];
                self.page.sample(name, &labels, value);
            }
        }
    }

    fn networks(&mut self) {
        for (at, (direction, what)) in [
            ("receive", "bytes"),
            ("receive", "drop"),
            ("receive", "errs"),
            ("receive", "packets"),
            ("transmit", "bytes"),
            ("transmit", "drop"),
            ("transmit", "errs"),
            ("transmit", "packets"),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("node_network_{direction}_{what}_total");
            self.page.family(&name, "counter", &format!("Network device {direction} {what}."));
            for (network, device) in NETWORKS.into_iter().enumerate() {
                let most = [80_000_000, 2, 1, 90_000][at % 4];
                let value = self.count([300 + at as u64, network as u64], most);
                self.page.sample(&name, &[("device", device)], value);
            }
        }
    }

    fn system(&mut self) {
        let name = "node_systemd_unit_state";
        self.page.family(name, "gauge", "Systemd unit");
        for unit in UNITS {
            for state in STATES {
                let labels = [("name", unit), ("state", state), ("type", "simple")];
                self.page.sample(name, &labels, u8::from(state == "active"));
            }
        }
        for (at, field) in ["oom_kill", "pgfault", "pgmajfault", "pswpin"].into_iter().enumerate() {
            let value = self.count([400, at as u64], [1, 900_000, 900, 1][at]);
            let name = format!("node_vmstat_{field}");
            self.page.single(&name, "untyped", "Information field of /proc/vmstat.", value);
        }
        let host = format!("bank-worker-{:02}", self.node + 1);
        self.page.family("node_uname_info", "gauge", "Labeled system information of uname.");
        let labels = [("machine", "x86_64"), ("nodename", &*host), ("sysname", "Linux")];
        self.page.sample("node_uname_info", &labels, 1);
        let booted = 1_699_000_000 + self.node * 977;
        self.page.single("node_boot_time_seconds", "gauge", "Node boot time, unixtime.", booted);
        let contexts = self.count([401, 0], 5_000_000);
        self.page.single("node_context_switches_total", "counter", "Context switches.", contexts);
    }
}

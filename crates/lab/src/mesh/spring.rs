//! What a JVM application exposes through micrometer.

use super::model::{Mesh, Pod, Service};
use super::page::{Page, milli};
use super::random::{of, of_text};

/// Area and id of each memory pool; the id decides the area, and the bank's `pool` too.
const POOLS: [(&str, &str, &str); 8] = [
    ("heap", "G1 Eden Space", "eden"),
    ("heap", "G1 Survivor Space", "survivor"),
    ("heap", "G1 Old Gen", "old"),
    ("nonheap", "Metaspace", "metaspace"),
    ("nonheap", "Compressed Class Space", "class"),
    ("nonheap", "CodeHeap 'profiled nmethods'", "code-profiled"),
    ("nonheap", "CodeHeap 'non-profiled nmethods'", "code"),
    ("nonheap", "CodeHeap 'non-nmethods'", "code-other"),
];
const BUCKETS: [&str; 8] = ["0.005", "0.025", "0.1", "0.25", "0.5", "1.0", "5.0", "+Inf"];

/// The page of an application. Every sample carries `application`, which the job's target label
/// `app` says already.
pub(super) fn application(mesh: &Mesh, service: &Service, pod: &Pod) -> Page {
    let mut app = App {
        page: Page::default(),
        name: &service.name,
        seed: of_text(mesh.seed, &pod.name),
        mesh,
    };
    app.memory();
    app.collector();
    app.threads();
    app.requests(service);
    app.pool();
    app.rest();
    app.page
}

struct App<'a> {
    page: Page,
    name: &'a str,
    seed: u64,
    mesh: &'a Mesh,
}

impl App<'_> {
    fn own(&self, word: u64) -> u64 {
        of(self.seed, &[word, self.mesh.time])
    }

    fn count(&self, word: u64, most: u64) -> u64 {
        self.mesh.counter(of(self.seed, &[word]), most)
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let mut all = vec![("application", self.name)];
        all.extend_from_slice(labels);
        self.page.sample(name, &all, value);
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.page.family(name, kind, help);
        self.sample(name, &[], value);
    }

    fn memory(&mut self) {
        for (at, (name, help)) in [
            ("jvm_memory_used_bytes", "The amount of used memory"),
            ("jvm_memory_committed_bytes", "The amount of memory committed for the JVM to use"),
            ("jvm_memory_max_bytes", "The maximum amount of memory that can be used"),
        ]
        .into_iter()
        .enumerate()
        {
            self.page.family(name, "gauge", help);
            for (pool, (area, id, short)) in POOLS.into_iter().enumerate() {
                let value = (at as u64 + 1) * (4_000_000 + self.own(pool as u64) % 300_000_000);
                self.sample(name, &[("area", area), ("id", id), ("pool", short)], value);
            }
        }
        self.page.family("jvm_buffer_memory_used_bytes", "gauge", "Memory used by a buffer pool");
        for id in ["direct", "mapped"] {
            let value = self.own(20) % 9_000_000;
            self.sample("jvm_buffer_memory_used_bytes", &[("id", id)], value);
        }
    }

    fn collector(&mut self) {
        const CAUSES: [(&str, &str); 3] = [
            ("end of minor GC", "G1 Evacuation Pause"),
            ("end of minor GC", "Metadata GC Threshold"),
            ("end of major GC", "G1 Compaction Pause"),
        ];
        self.page.family("jvm_gc_pause_seconds", "summary", "Time spent in GC pause");
        for (at, (action, cause)) in CAUSES.into_iter().enumerate() {
            let count = self.count(30 + at as u64, 40);
            let labels = [("action", action), ("cause", cause)];
            self.sample("jvm_gc_pause_seconds_count", &labels, count);
            self.sample("jvm_gc_pause_seconds_sum", &labels, milli(count * 13));
        }
        let allocated = self.count(33, 90_000_000);
        let name = "jvm_gc_memory_allocated_bytes_total";
        self.single(name, "counter", "Incremented for an increase of the young pool", allocated);
    }

    fn threads(&mut self) {
        let live = 40 + self.own(40) % 160;
        self.single(
            "jvm_threads_live_threads",
            "gauge",
            "The current number of live threads",
            live,
        );
        let daemon = live * 3 / 4;
        self.single("jvm_threads_daemon_threads", "gauge", "Live daemon threads", daemon);
        self.single("jvm_threads_peak_threads", "gauge", "The peak live thread count", live + 11);
        let name = "jvm_threads_states_threads";
        self.page.family(name, "gauge", "The current number of threads by state");
        let states = ["runnable", "blocked", "waiting", "timed-waiting", "new", "terminated"];
        for (at, state) in states.into_iter().enumerate() {
            let value = [live / 4, 0, live / 2, live / 4, 0, 0][at];
            self.sample(name, &[("state", state)], value);
        }
    }

    fn requests(&mut self, service: &Service) {
        let noun = service.noun;
        let routes = [
            ("GET", format!("/{noun}s/{{id}}"), "200", "SUCCESS", "None"),
            ("POST", format!("/{noun}s"), "201", "SUCCESS", "None"),
            ("GET", format!("/{noun}s/{{id}}"), "404", "CLIENT_ERROR", "NotFoundException"),
            ("POST", format!("/{noun}s"), "500", "SERVER_ERROR", "TimeoutException"),
            ("GET", "/actuator/health".to_owned(), "200", "SUCCESS", "None"),
        ];
        let name = "http_server_requests_seconds";
        self.page.family(name, "histogram", "Duration of HTTP server request handling");
        for (at, (method, uri, status, outcome, exception)) in routes.iter().enumerate() {
            let count = self.count(50 + at as u64, if *exception == "None" { 300 } else { 3 });
            let labels = vec![
                ("application", self.name.to_owned()),
                ("exception", (*exception).to_owned()),
                ("method", (*method).to_owned()),
                ("outcome", (*outcome).to_owned()),
                ("status", (*status).to_owned()),
                ("uri", uri.clone()),
            ];
            let peak = (self.own(at as u64) % 4) as usize;
            self.page.histogram(name, &labels, &BUCKETS, peak, count);
        }
    }

    fn pool(&mut self) {
        let pool = [("pool", "HikariPool-1")];
        for (name, value) in [
            ("hikaricp_connections", 10),
            ("hikaricp_connections_active", self.own(60) % 9),
            ("hikaricp_connections_idle", 10 - self.own(60) % 9),
            ("hikaricp_connections_pending", self.own(61) % 2),
            ("hikaricp_connections_max", 10),
            ("hikaricp_connections_min", 10),
        ] {
            self.page.family(name, "gauge", "State of the connection pool");
            self.sample(name, &pool, value);
        }
        let name = "hikaricp_connections_timeout_total";
        self.page.family(name, "counter", "Connection timeout total count");
        let timeouts = self.count(62, 2) % 3;
        self.sample(name, &pool, timeouts);
    }

    fn rest(&mut self) {
        self.page.family("logback_events_total", "counter", "Log events that were enabled");
        for (at, level) in ["debug", "error", "info", "trace", "warn"].into_iter().enumerate() {
            let events = self.count(70 + at as u64, [1, 3, 200, 1, 9][at]);
            self.sample("logback_events_total", &[("level", level)], events);
        }
        let numbers = [
            ("tomcat_sessions_active_current_sessions", self.own(80) % 5),
            ("tomcat_sessions_active_max_sessions", 5),
            ("process_files_open_files", 90 + self.own(81) % 200),
            ("process_files_max_files", 1_048_576),
            ("system_cpu_count", 4),
            ("jvm_classes_loaded_classes", 12_000 + self.own(82) % 9_000),
        ];
        for (name, value) in numbers {
            self.single(name, "gauge", "As the runtime reports it", value);
        }
        let shares = ["system_cpu_usage", "process_cpu_usage", "system_load_average_1m"];
        for (at, name) in shares.into_iter().enumerate() {
            let share = milli(self.own(90 + at as u64) % 900);
            self.single(name, "gauge", "The recent load", share);
        }
        let uptime = milli(self.mesh.time * 86_400_000 + self.own(99) % 1_000_000);
        self.single("process_uptime_seconds", "gauge", "The uptime of the JVM", uptime);
    }
}

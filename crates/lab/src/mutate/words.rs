//! Words that stand for the blanks in an operator's texts, so that no two mutants are the same.

use crate::random::Random;

const METRICS: &[&str] = &[
    "http_requests",
    "go_memstats",
    "process_cpu",
    "kube_pod",
    "container_network",
    "node_filesystem",
    "jvm_buffer",
    "grpc_server",
    "queue_jobs",
    "payments_settled",
    "cache_lookups",
    "db_pool",
];
const LABELS: &[&str] = &[
    "pod_uid",
    "container_id",
    "uri",
    "shop",
    "tenant",
    "region",
    "queue",
    "handler",
    "operation",
    "device",
    "partition",
    "cluster_zone",
];
const VALUES: &[&str] =
    &["payments", "ledger", "checkout", "search", "billing", "frontend", "gateway", "inventory"];

/// A job whose targets two servers share: the steps that come next keep a part.
const FLEET: &str = "\
scrape_configs:
  - job_name: app
    static_configs: [{targets: ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80']}]
    relabel_configs:
      - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}";

/// Fills the blanks of texts: `<M>` and `<N>` are beginnings of metric names, `<L>` and `<K>` labels,
/// `<V>` and `<W>` values, `<FLEET>` is a sharded job. A line `@20 …` stands for twenty lines, in which `<i>` counts and `<id>` is
/// an identifier.
#[derive(Debug, Clone)]
pub(super) struct Words {
    blanks: Vec<(&'static str, &'static str)>,
}

impl Words {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut blanks = Vec::new();
        for (names, words) in
            [(["<M>", "<N>"], METRICS), (["<L>", "<K>"], LABELS), (["<V>", "<W>"], VALUES)]
        {
            let mut words = words.to_vec();
            random.shuffle(&mut words);
            blanks.extend(names.into_iter().zip(words));
        }
        Self { blanks }
    }

    pub(super) fn fill(&self, text: &str) -> String {
        let text = text.replace("<FLEET>", FLEET);
        let filled = self.blanks.iter().fold(text, |text, (blank, word)| text.replace(blank, word));
        filled.lines().map(|line| repeated(line) + "\n").collect()
    }
}

fn repeated(line: &str) -> String {
    let parts = line.strip_prefix('@').and_then(|rest| rest.split_once(' '));
    let counted = parts.and_then(|(count, line)| Some((count.parse::<u64>().ok()?, line)));
    let Some((count, line)) = counted else { return line.to_owned() };
    let one = |at: u64| {
        // A multiple of an odd constant: hex digits without a pattern, all different.
        let id = format!(
            "{:016x}{:016x}",
            (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            at.wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1
        );
        line.replace("<i>", &at.to_string()).replace("<id>", &id)
    };
    (0..count).map(one).collect::<Vec<_>>().join("\n")
}

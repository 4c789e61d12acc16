//! Fleets of any size to make plans for: jobs with their targets, metrics of a few series each, and
//! queries over some of them.

use promsieve_core::config::{Job, Project};
use promsieve_core::series::{MetricType, Table, TableBuilder, Target};

const JOBS: usize = 10;
/// Series of one metric of one target.
const SERIES: usize = 5;
const CODES: [&str; SERIES] = ["200", "201", "404", "500", "503"];
const BOUNDS: [&str; SERIES] = ["0.1", "0.5", "1.0", "5.0", "+Inf"];
/// Of five metrics, the ones that queries read.
const READ: usize = 3;

/// How large a fleet is.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    /// Series of all targets, about.
    pub series: usize,
    /// Metrics over all jobs, a tenth of them each job's.
    pub metrics: usize,
    /// Queries, over three fifths of the metrics.
    pub queries: usize,
}

impl Fleet {
    /// Its jobs, without any steps.
    pub fn project(self) -> Project {
        let job = |at: usize| Job { name: format!("job-{at}"), ..Job::default() };
        Project { jobs: (0..JOBS).map(job).collect(), ..Project::default() }
    }

    /// What its targets show: 13 labels a series with those of the target, every tenth metric a
    /// histogram's buckets.
    pub fn exposed(self) -> Table {
        let mut builder = TableBuilder::default();
        let metrics = self.metrics / JOBS;
        let targets = (self.series / JOBS / (metrics * SERIES)).max(1);
        for job in 0..JOBS {
            for target in 0..targets {
                builder.target(target_of(job, target));
                for at in 0..metrics {
                    Self::metric(&mut builder, job * metrics + at, job, target);
                }
            }
        }
        builder.finish()
    }

    fn metric(builder: &mut TableBuilder, metric: usize, job: usize, target: usize) {
        let name = metric_name(metric);
        let pod = format!("app-{job}-{target:05}");
        let namespace = format!("ns-{}", target % 20);
        let version = format!("v{}", target % 3);
        for at in 0..SERIES {
            let path = format!("/api/{}/{at}", metric % 40);
            let mut labels = vec![
                ("app", "app"),
                ("code", CODES[at]),
                ("method", "GET"),
                ("namespace", namespace.as_str()),
                ("path", path.as_str()),
                ("pod", pod.as_str()),
                ("protocol", "http"),
                ("region", "eu"),
                ("team", "core"),
                ("version", version.as_str()),
            ];
            if is_histogram(metric) {
                labels.push(("le", BOUNDS[at]));
            }
            let group = builder.row(&name, &labels, 180);
            builder.set_type(group, MetricType::Counter);
        }
    }

    /// Its queries, one a line.
    pub fn queries(self) -> String {
        let read: Vec<usize> = (0..self.metrics).filter(|metric| metric % 5 < READ).collect();
        let query = |at: usize| {
            let metric = read[at % read.len()];
            let name = metric_name(metric);
            match metric % 20 {
                it if it % 10 == 0 => {
                    format!("histogram_quantile(0.9, sum by (le) (rate({name}[5m])))\n")
                }
                1 | 2 => format!("sum by (code) (rate({name}{{code=~\"5..\"}}[5m]))\n"),
                6 | 7 => format!("sum by (instance) ({name}{{code!=\"404\", pod=~\"app-.*\"}})\n"),
                11 => format!("max without (path, method, team) ({name}{{code=\"200\"}})\n"),
                _ => format!("sum by (code, path) (rate({name}[5m]))\n"),
            }
        };
        (0..self.queries).map(query).collect()
    }
}

fn is_histogram(metric: usize) -> bool {
    metric.is_multiple_of(10)
}

fn metric_name(metric: usize) -> String {
    let suffix = if is_histogram(metric) { "seconds_bucket" } else { "total" };
    format!("service_{:02}_operation_{metric:04}_{suffix}", metric % 37)
}

fn target_of(job: usize, target: usize) -> Target {
    let label = |name: &str, value: String| (name.to_owned(), value);
    Target {
        job: format!("job-{job}"),
        labels: vec![
            label("instance", format!("10.{job}.{}.{}:8080", target / 250, target % 250)),
            label("job", format!("job-{job}")),
        ],
    }
}

//! A bank's service mesh, made from a seed: scrapes of several moments, configuration with planted
//! mistakes, rules and dashboards. The same options give the same bytes on every platform.

mod big;
mod config;
mod istio;
mod kube;
mod model;
mod node;
mod page;
mod random;
mod spring;

pub use big::big_scrape;
pub use model::Plan;

use anyhow::Result;
use config::Target;
use istio::Detail;
use model::{Mesh, Pod, Service, node_ip};
use page::Page;

/// How much of the mesh the scrapes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few proxies and applications, with the histograms of a few edges: small enough to commit,
    /// and still every service is a destination in some scrape.
    Sample,
    /// This many sidecars and applications for each service, with all that Istio exposes.
    PerService(u64),
    /// As many sidecars and applications as it takes for each moment to have this many series.
    Series(usize),
}

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Services and seed.
    pub plan: Plan,
    /// How much of them.
    pub size: Size,
    /// How many moments, the newest included.
    pub snapshots: u64,
}

/// What was generated, for the newest moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Targets scraped.
    pub targets: usize,
    /// Samples over all of them.
    pub series: usize,
}

/// Hands each file to `write`, as a path with `/` and its text: `scrapes/<job>/<instance>.prom` of
/// the newest moment, `snapshots/<n>/scrapes/…` of the earlier ones, and what lies beside them.
///
/// # Errors
/// What `write` returns.
pub fn generate(
    options: &Options,
    mut write: impl FnMut(&str, &str) -> Result<()>,
) -> Result<Generated> {
    let mut generated = Generated::default();
    for time in 1..=options.snapshots {
        let newest = time == options.snapshots;
        let root = if newest { String::new() } else { format!("snapshots/{time}/") };
        let mut moment = Moment { targets: Vec::new(), series: 0, root, write: &mut write };
        scrape_all(&Mesh::at(options.plan, time), options.size, &mut moment)?;
        if newest {
            generated = Generated { targets: moment.targets.len(), series: moment.series };
            let config = config::prometheus_yml(&moment.targets);
            write("prometheus.yml", &config)?;
        }
    }
    for (path, text) in config::FIXED {
        write(path, text)?;
    }
    Ok(generated)
}

/// The scrapes of one moment on their way out.
struct Moment<'a, W> {
    targets: Vec<Target>,
    series: usize,
    root: String,
    write: &'a mut W,
}

impl<W: FnMut(&str, &str) -> Result<()>> Moment<'_, W> {
    fn add(&mut self, target: Target, page: &Page) -> Result<()> {
        // A colon is not allowed in file names everywhere.
        let instance = target.address.replace(':', "%3A");
        let path = format!("{}scrapes/{}/{instance}.prom", self.root, target.job);
        self.series += page.samples;
        self.targets.push(target);
        (self.write)(&path, &page.text)
    }
}

fn scrape_all<W>(mesh: &Mesh, size: Size, moment: &mut Moment<'_, W>) -> Result<()>
where
    W: FnMut(&str, &str) -> Result<()>,
{
    let detail = if size == Size::Sample { Detail::Sample } else { Detail::Full };
    for namespace in mesh.namespaces() {
        let pod = mesh.waypoint(namespace);
        let page = istio::waypoint(mesh, namespace, &pod, detail);
        moment
            .add(pod_target("istio-proxy", namespace, "waypoint", "v1.0", &pod, 15_020), &page)?;
    }
    for node in 0..mesh.nodes() as usize {
        moment.add(node_target(node), &node::machine(mesh, node))?;
    }
    let shown = if size == Size::Sample { 60 } else { mesh.services.len() };
    let address = "10.96.0.40:8080".to_owned();
    let state = Target { job: "kube-state-metrics", address, discovered: Vec::new() };
    moment.add(state, &kube::state(mesh, shown))?;
    pods(mesh, size, detail, moment)
}

/// Sidecars and applications, a replica of every service before the next replica of any.
fn pods<W>(mesh: &Mesh, size: Size, detail: Detail, moment: &mut Moment<'_, W>) -> Result<()>
where
    W: FnMut(&str, &str) -> Result<()>,
{
    let (replicas, most) = match size {
        Size::Sample => (1, usize::MAX),
        Size::PerService(replicas) => (replicas, usize::MAX),
        Size::Series(series) => (64, series),
    };
    for replica in 0..replicas {
        for service in &mesh.services {
            if moment.series >= most {
                return Ok(());
            }
            let pod = mesh.pod(service, replica);
            let sampled = size == Size::Sample;
            if !sampled || service.index % 18 == 3 {
                let page = istio::sidecar(mesh, service, &pod, detail);
                moment.add(service_target("istio-proxy", service, &pod, 15_020), &page)?;
            }
            if !sampled || service.index % 13 == 4 {
                let page = spring::application(mesh, service, &pod);
                moment.add(service_target("spring", service, &pod, 8_081), &page)?;
            }
        }
    }
    Ok(())
}

fn service_target(job: &'static str, service: &Service, pod: &Pod, port: u16) -> Target {
    pod_target(job, service.namespace, &service.name, &service.version(), pod, port)
}

fn pod_target(
    job: &'static str,
    namespace: &str,
    app: &str,
    version: &str,
    pod: &Pod,
    port: u16,
) -> Target {
    let discovered = vec![
        ("__meta_kubernetes_namespace", namespace.to_owned()),
        ("__meta_kubernetes_pod_name", pod.name.clone()),
        ("__meta_kubernetes_pod_node_name", format!("bank-worker-{:02}", pod.node + 1)),
        ("__meta_kubernetes_pod_label_app", app.to_owned()),
        ("__meta_kubernetes_pod_label_version", version.to_owned()),
    ];
    Target { job, address: format!("{}:{port}", pod.ip), discovered }
}

fn node_target(node: usize) -> Target {
    let name = format!("bank-worker-{:02}", node + 1);
    Target {
        job: "node",
        address: format!("{}:9100", node_ip(node)),
        discovered: vec![("__meta_kubernetes_node_name", name)],
    }
}

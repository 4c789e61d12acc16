//! A fleet as Kubernetes resources: a stateful set a server with Thanos's sidecar, one headless service
//! for all of them, Thanos Query over that, and Thanos Ruler where rules need it.
//!
//! The files that were written become config maps by kustomize, which also names the images.

use std::fmt::Write as _;

use super::configs::ShardServer;
use super::plan::ShardPlan;
use super::thanos;
use crate::doc::quote;
use crate::server::Version;

/// The release of Thanos whose flags are written.
const THANOS: &str = "v0.39.2";

/// A server with the files that were written for it, its configuration first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// The server.
    pub server: ShardServer,
    /// Paths below the directory of all files.
    pub files: Vec<String>,
}

/// `kubernetes.yml` and `kustomization.yml`, in the directory of all files: text of both. `rules` is
/// the file of the global rules, if there are some; `discovers` says whether the servers ask the
/// cluster for targets.
pub fn kubernetes(
    plan: &ShardPlan,
    servers: &[ServerFiles],
    rules: Option<&str>,
    discovers: bool,
    prometheus: Version,
) -> [String; 2] {
    let mut resources = String::from(HEADLESS);
    let mut maps = String::new();
    for server in servers {
        let memory = plan.detail.iter().find(|it| it.index.to_string() == server.server.shard);
        let memory = memory.map_or(0, |shard| shard.rss.0.div_ceil(1 << 20));
        resources.push_str(&stateful_set(server, memory, discovers));
        maps.push_str(&config_map(&server_name(&server.server), &server.files));
    }
    resources.push_str(&query(rules.is_some()));
    if let Some(rules) = rules {
        resources.push_str(&ruler(rules));
        maps.push_str(&config_map("thanos-rule", &[rules.to_owned()]));
    }
    let kustomization = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
         resources: [kubernetes.yml]\nimages:\n\
         - {{name: prometheus, newName: prom/prometheus, newTag: v{prometheus}}}\n\
         - {{name: thanos, newName: thanosio/thanos, newTag: {THANOS}}}\n\
         # The sidecar reloads a server when its files change; no pod needs to start anew.\n\
         generatorOptions: {{disableNameSuffixHash: true}}\nconfigMapGenerator:\n{maps}"
    );
    [resources, kustomization]
}

/// All servers under one name, so that one endpoint of Thanos Query finds them.
const HEADLESS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: prometheus}
spec:
  clusterIP: None
  selector: {app: prometheus}
  ports:
  - {name: http, port: 9090}
  - {name: grpc, port: 10901}
";

/// Of a server and its sidecar alike.
const MOUNTS: &str =
    "[{name: config, mountPath: /etc/prometheus}, {name: data, mountPath: /prometheus}]";

fn server_name(server: &ShardServer) -> String {
    format!("prometheus-{}", server.name())
}

/// The keys of a config map, which have no slashes.
fn key(path: &str) -> String {
    path.replace('/', ".")
}

fn config_map(name: &str, files: &[String]) -> String {
    let mut out = format!("- name: {name}\n  files:\n");
    for path in files {
        let _ = writeln!(out, "  - {}", quote(&format!("{}={path}", key(path))));
    }
    out
}

fn stateful_set(server: &ServerFiles, memory: u64, discovers: bool) -> String {
    let name = server_name(&server.server);
    let labels: Vec<String> = std::iter::once(("app", "prometheus"))
        .chain(server.server.external_labels())
        .map(|(label, value)| format!("{label}: '{value}'"))
        .collect();
    let labels = labels.join(", ");
    let at = |(path, at): (&String, usize)| {
        let to = if at == 0 { "prometheus.yml" } else { path };
        format!("          - {{key: {}, path: {}}}\n", quote(&key(path)), quote(to))
    };
    let items: String = server.files.iter().zip(0..).map(at).collect();
    let account = if discovers {
        "      serviceAccountName: prometheus # may list what it discovers\n"
    } else {
        ""
    };
    let own = ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"];
    let own = own.map(str::to_owned).into_iter().chain(thanos::prometheus_flags());
    let prometheus = args(own.chain(["--web.enable-lifecycle".to_owned()]));
    let sidecar = thanos::sidecar_flags("/prometheus").into_iter();
    let reload = "--reloader.config-file=/etc/prometheus/prometheus.yml".to_owned();
    let sidecar = args(std::iter::once("sidecar".to_owned()).chain(sidecar).chain([reload]));
    format!(
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {name}}}\nspec:\n  \
         serviceName: prometheus\n  replicas: 1\n  selector:\n    matchLabels: {{{labels}}}\n  \
         template:\n    metadata:\n      labels: {{{labels}}}\n    spec:\n{account}      \
         securityContext: {{runAsUser: 65534, runAsNonRoot: true, fsGroup: 65534}}\n      \
         containers:\n      - name: prometheus\n        image: prometheus\n        args:\n\
         {prometheus}        ports: [{{name: http, containerPort: 9090}}]\n        \
         readinessProbe: {{httpGet: {{path: /-/ready, port: http}}}}\n        \
         # What the plan expects, without queries and rules.\n        \
         resources: {{requests: {{memory: {memory}Mi}}}}\n        volumeMounts: {MOUNTS}\n      \
         - name: sidecar\n        image: thanos\n        args:\n{sidecar}        \
         ports: [{{name: grpc, containerPort: 10901}}]\n        volumeMounts: {MOUNTS}\n      \
         volumes:\n      - name: config\n        configMap:\n          name: {name}\n          \
         items:\n{items}  volumeClaimTemplates:\n  - metadata: {{name: data}}\n    spec:\n      \
         accessModes: [ReadWriteOnce]\n      \
         # As retention asks for: series, samples a day and 1 to 2 bytes each.\n      \
         resources: {{requests: {{storage: 100Gi}}}}\n"
    )
}

/// One endpoint for all sidecars, by the headless service.
fn query(has_ruler: bool) -> String {
    let mut flags = vec!["query".to_owned(), "--endpoint=dnssrv+_grpc._tcp.prometheus".to_owned()];
    if has_ruler {
        flags.push(thanos::RULER_ENDPOINT.to_owned());
    }
    flags.extend(thanos::merging_flags());
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: thanos-query}}\nspec:\n  \
         selector: {{app: thanos-query}}\n  ports: [{{name: http, port: 10902}}]\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: thanos-query}}\nspec:\n  \
         selector:\n    matchLabels: {{app: thanos-query}}\n  template:\n    metadata:\n      \
         labels: {{app: thanos-query}}\n    spec:\n      containers:\n      \
         - name: query\n        image: thanos\n        args:\n{}        \
         ports: [{{name: http, containerPort: 10902}}]\n        \
         readinessProbe: {{httpGet: {{path: /-/ready, port: http}}}}\n",
        args(flags)
    )
}

fn ruler(rules: &str) -> String {
    let flags = thanos::ruler_flags(&format!("/etc/thanos/{rules}"));
    let flags = ["rule".to_owned(), "--data-dir=/thanos".to_owned()].into_iter().chain(flags);
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: thanos-rule}}\nspec:\n  \
         clusterIP: None\n  selector: {{app: thanos-rule}}\n  \
         ports: [{{name: grpc, port: 10901}}]\n---\napiVersion: apps/v1\nkind: StatefulSet\n\
         metadata: {{name: thanos-rule}}\nspec:\n  serviceName: thanos-rule\n  replicas: 1\n  \
         selector:\n    matchLabels: {{app: thanos-rule}}\n  template:\n    metadata:\n      \
         labels: {{app: thanos-rule}}\n    spec:\n      \
         securityContext: {{runAsUser: 65534, runAsNonRoot: true, fsGroup: 65534}}\n      \
         containers:\n      - name: rule\n        image: thanos\n        \
         # Alerts go nowhere until `--alertmanagers.url` says where.\n        args:\n{}        \
         ports: [{{name: grpc, containerPort: 10901}}]\n        volumeMounts:\n        \
         - {{name: rules, mountPath: /etc/thanos}}\n        \
         - {{name: data, mountPath: /thanos}}\n      volumes:\n      - name: rules\n        \
         configMap: {{name: thanos-rule}}\n  volumeClaimTemplates:\n  - metadata: {{name: data}}\n    \
         spec:\n      accessModes: [ReadWriteOnce]\n      \
         resources: {{requests: {{storage: 10Gi}}}}\n",
        args(flags)
    )
}

fn args(flags: impl IntoIterator<Item = String>) -> String {
    flags.into_iter().map(|flag| format!("        - {}\n", quote(&flag))).collect()
}

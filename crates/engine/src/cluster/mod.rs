//! Plans on an Apache Ballista cluster: sessions of clients, and its scheduler and executors, which
//! have to know our tables and functions.

mod codec;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use ballista::extension::{SessionConfigExt, SessionContextExt};
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::session;
use codec::{Logical, Physical};

/// Seconds between an executor's signs of life.
const HEARTBEAT: u64 = 2;

/// Seconds without one after which its tasks go to others.
const SILENCE: u64 = 10;

/// Arguments of `scheduler`.
#[derive(Debug, clap::Args)]
pub(crate) struct SchedulerArgs {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    listen: SocketAddr,
}

/// Arguments of `executor`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecutorArgs {
    /// The scheduler
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,

    /// The address to listen on; the port above it is taken as well
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50051")]
    listen: SocketAddr,

    /// Tasks at once; 0 for one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    tasks: usize,

    /// Where states are kept until they are fetched, a directory of its own
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
}

/// A session whose plans run on the cluster of this scheduler.
///
/// # Errors
/// When the address is none.
pub(crate) async fn session(place: &str, config: SessionConfig) -> anyhow::Result<SessionContext> {
    let config = config
        .with_ballista_logical_extension_codec(Arc::new(Logical::default()))
        .with_ballista_physical_extension_codec(Arc::new(Physical::default()));
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let session = SessionContext::remote_with_state(&format!("df://{place}"), state).await;
    session.with_context(|| format!("`{place}` is no address of a scheduler"))
}

/// Runs a scheduler until it is ended.
///
/// # Errors
/// When the address cannot be listened on.
pub(crate) async fn scheduler(args: &SchedulerArgs) -> anyhow::Result<()> {
    let config = SchedulerConfig {
        bind_host: args.listen.ip().to_string(),
        external_host: args.listen.ip().to_string(),
        bind_port: args.listen.port(),
        override_session_builder: Some(Arc::new(state)),
        override_logical_codec: Some(Arc::new(Logical::default())),
        override_physical_codec: Some(Arc::new(Physical::default())),
        executor_timeout_seconds: SILENCE,
        expire_dead_executor_interval_seconds: HEARTBEAT,
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(anyhow::Error::msg)?;
    start_server(cluster, args.listen, Arc::new(config)).await.map_err(anyhow::Error::msg)
}

/// What plans are made with: Ballista's defaults and our functions.
fn state(config: SessionConfig) -> datafusion::error::Result<SessionState> {
    let mut state = default_session_builder(config)?;
    for function in session::functions() {
        state.register_udaf(Arc::new(function))?;
    }
    Ok(state)
}

/// Runs an executor until it is ended.
///
/// # Errors
/// When it cannot reach the scheduler, or listen on the address.
pub(crate) async fn executor(args: &ExecutorArgs) -> anyhow::Result<()> {
    let (host, port) = args.scheduler.rsplit_once(':').context("--scheduler is HOST:PORT")?;
    std::fs::create_dir_all(&args.work)
        .with_context(|| format!("cannot make the directory `{}`", args.work.display()))?;
    let mut registry = BallistaFunctionRegistry::default();
    for function in session::functions() {
        registry.aggregate_functions.insert(function.name().to_owned(), Arc::new(function));
    }
    let grpc_port = args.listen.port().checked_add(1).context("the last port has none above it")?;
    let config = ExecutorProcessConfig {
        bind_host: args.listen.ip().to_string(),
        external_host: Some(args.listen.ip().to_string()),
        port: args.listen.port(),
        grpc_port,
        scheduler_host: host.to_owned(),
        scheduler_port: port.parse().context("--scheduler is HOST:PORT")?,
        scheduler_connect_timeout_seconds: 30,
        vcores: args.tasks,
        work_dir: Some(args.work.display().to_string()),
        executor_heartbeat_interval_seconds: HEARTBEAT,
        override_function_registry: Some(Arc::new(registry)),
        override_logical_codec: Some(Arc::new(Logical::default())),
        override_physical_codec: Some(Arc::new(Physical::default())),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(anyhow::Error::msg)
}

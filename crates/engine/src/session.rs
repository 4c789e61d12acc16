//! Sessions of the engine that know our tables and functions, embedded or on a cluster.

use std::sync::Arc;

use datafusion::execution::FunctionRegistry;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::AggregateUDF;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::input::Input;
use crate::scan::{InputTable, Rows};
use crate::{cluster, distinct, merge};

/// Rows of a batch of parts, each of which may be large.
const PARTS: usize = 64;

/// Where plans run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Place {
    /// Run the plan on the Ballista cluster of the scheduler at this address, rather than here; all
    /// its executors have to find the sources under the same names
    #[arg(long, value_name = "HOST:PORT")]
    ballista: Option<String>,
}

/// All our functions.
pub(crate) fn functions() -> Vec<AggregateUDF> {
    let mut functions = distinct::functions();
    functions.extend(merge::functions());
    functions
}

impl Place {
    /// A session here or on a cluster, with one task an input there and one a core here.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) async fn session(
        &self,
        rows: Rows,
        inputs: &[Input],
    ) -> anyhow::Result<SessionContext> {
        let mut config = SessionConfig::new();
        if rows != Rows::Series {
            config = config.with_batch_size(PARTS);
        }
        let session = match &self.ballista {
            None => SessionContext::new_with_config(config),
            Some(place) => {
                let config = config.with_target_partitions(inputs.len().max(1));
                cluster::session(place, config).await?
            }
        };
        with_functions(&session)?;
        Ok(session)
    }
}

/// A session here whose sorts take no more than `memory` bytes, and then go to disk.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn bounded(memory: u64) -> anyhow::Result<SessionContext> {
    let pool = FairSpillPool::new(usize::try_from(memory).unwrap_or(usize::MAX));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
    let session = SessionContext::new_with_config_rt(SessionConfig::new(), runtime);
    with_functions(&session)?;
    Ok(session)
}

/// Makes our functions known.
fn with_functions(session: &SessionContext) -> anyhow::Result<()> {
    for function in functions() {
        session.register_udaf(function);
    }
    session.state_ref().write().register_expr_planner(Arc::new(distinct::Planner))?;
    Ok(())
}

/// Makes a table of inputs known under this name.
///
/// # Errors
/// When there is one of this name already.
pub(crate) fn register(
    session: &SessionContext,
    name: &str,
    rows: Rows,
    inputs: Vec<Input>,
) -> anyhow::Result<()> {
    session.register_table(name, Arc::new(InputTable { rows, inputs }))?;
    Ok(())
}

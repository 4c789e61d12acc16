//! Input as a table of the engine, and its reading as a step of a plan.

mod read;

use std::fmt;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray, RecordBatch, RecordBatchOptions, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::common::collect;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;

use crate::input::Input;
use crate::rows;
pub(crate) use read::{Heard, JOB, SOURCE};
use read::{PARTS_SCHEMA, SKETCHES_SCHEMA, read};

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Rows {
    /// A series.
    Series,
    /// A part of an exact census, or what is told of a source, in lists of `top` entries.
    Parts { top: usize },
    /// A sketched census of a source, and what is told of it.
    Sketches { top: usize },
}

/// The `top` of whoever wants no lists: 0 stands for all entries.
pub(crate) const SHORTEST: usize = 1;

impl Rows {
    fn schema(self) -> SchemaRef {
        Arc::clone(match self {
            Self::Series => &rows::SCHEMA,
            Self::Parts { .. } => &PARTS_SCHEMA,
            Self::Sketches { .. } => &SKETCHES_SCHEMA,
        })
    }
}

/// A table of what inputs hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InputTable {
    pub(crate) rows: Rows,
    pub(crate) inputs: Vec<Input>,
}

#[async_trait]
impl TableProvider for InputTable {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let parallel = state.config().target_partitions().clamp(1, self.inputs.len().max(1));
        let mut partitions = vec![Vec::new(); parallel];
        for (at, input) in self.inputs.iter().enumerate() {
            partitions[at % parallel].push(list(input)?);
        }
        let inputs = MemorySourceConfig::try_new_exec(&partitions, Arc::clone(&LIST), None)?;
        let task = Task { rows: self.rows, projection: projection.cloned() };
        Ok(Arc::new(ScanExec::new(task, inputs)?))
    }
}

/// The schema of a list of inputs.
static LIST: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(Schema::new(vec![Field::new("input", DataType::Utf8, false)])));

/// A list of one input.
fn list(input: &Input) -> Result<RecordBatch> {
    let text = serde_json::to_string(input).map_err(|error| failed(error.into()))?;
    let column = Arc::new(StringArray::from(vec![text]));
    Ok(RecordBatch::try_new(Arc::clone(&LIST), vec![column])?)
}

/// What a scan does with its inputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    rows: Rows,
    /// The columns that are wanted.
    projection: Option<Vec<usize>>,
}

/// Reads the inputs that the step below it lists. Ballista gives each task the part of a plan that it
/// needs by cutting lists in memory, and would have every task read all that a step knows by itself.
#[derive(Debug)]
pub(crate) struct ScanExec {
    task: Task,
    inputs: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl ScanExec {
    /// The step that does this task with what `inputs` lists.
    pub(crate) fn new(task: Task, inputs: Arc<dyn ExecutionPlan>) -> Result<Self> {
        let schema = match &task.projection {
            Some(columns) => Arc::new(task.rows.schema().project(columns)?),
            None => task.rows.schema(),
        };
        let partitions = inputs.properties().output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self { task, inputs, properties: Arc::new(properties) })
    }

    /// What it does.
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanExec: {:?}", self.task.rows)
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.inputs]
    }

    /// Lists are cut as they are wanted already.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([inputs]) = <[_; 1]>::try_from(children) else {
            return internal_err!("a scan has one list of inputs");
        };
        Ok(Arc::new(Self::new(self.task.clone(), inputs)?))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mode = ChildrenPropertiesMode::Recompute;
        self.replace_children(children, ReplaceChildrenOptions::new(mode))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let mut stream = RecordBatchReceiverStream::builder(self.schema(), 1);
        let (out, task) = (stream.tx(), self.task.clone());
        let inputs = self.inputs.execute(partition, context)?;
        stream.spawn(async move {
            let lists = collect(inputs).await?;
            let read = tokio::task::spawn_blocking(move || read_all(&task, &lists, &out));
            read.await.map_err(|error| DataFusionError::External(error.into()))?
        });
        Ok(stream.build())
    }
}

/// Reads the inputs of lists, one after the other.
fn read_all(task: &Task, lists: &[RecordBatch], out: &Sender<Result<RecordBatch>>) -> Result<()> {
    let mut put = |batch: RecordBatch| -> Result<()> {
        let batch = match &task.projection {
            Some(columns) => project(&batch, columns)?,
            None => batch,
        };
        out.blocking_send(Ok(batch)).map_err(|_| gone())
    };
    for text in lists.iter().flat_map(|list| list.column(0).as_string::<i32>()).flatten() {
        let input: Input = serde_json::from_str(text).map_err(|error| failed(error.into()))?;
        match read(task.rows, &input, &mut put) {
            // Whoever asked has enough.
            Err(_) if out.is_closed() => break,
            read => read?,
        }
    }
    Ok(())
}

fn gone() -> DataFusionError {
    DataFusionError::Execution("nobody reads on".to_owned())
}

/// An error of ours as one of a plan.
pub(crate) fn failed(error: anyhow::Error) -> DataFusionError {
    DataFusionError::External(error.into_boxed_dyn_error())
}

/// Some columns of a batch; of none its rows alone.
fn project(batch: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
    let schema = Arc::new(batch.schema().project(columns)?);
    let columns = columns.iter().map(|&column| Arc::clone(batch.column(column))).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
}

//! How our tables and our step of a plan travel: as JSON behind a mark; Ballista's own codecs do the
//! rest, and functions go by their names.

use std::sync::Arc;

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scan::{InputTable, ScanExec};

/// What our bytes begin with.
const MARK: &[u8] = b"promsieve\n";

fn write(thing: &impl Serialize, out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(MARK);
    serde_json::to_writer(out, thing).map_err(|error| DataFusionError::External(error.into()))
}

/// What was written, where the bytes are ours.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<T>> {
    let Some(bytes) = bytes.strip_prefix(MARK) else { return Ok(None) };
    let thing = serde_json::from_slice(bytes);
    thing.map(Some).map_err(|error| DataFusionError::External(error.into()))
}

/// Of logical plans, which come from clients.
#[derive(Debug, Default)]
pub(super) struct Logical(BallistaLogicalExtensionCodec);

impl LogicalExtensionCodec for Logical {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.0.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, out: &mut Vec<u8>) -> Result<()> {
        self.0.try_encode(node, out)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match read::<InputTable>(bytes)? {
            Some(table) => Ok(Arc::new(table)),
            None => self.0.try_decode_table_provider(bytes, name, schema, context),
        }
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match (table.as_ref() as &dyn std::any::Any).downcast_ref::<InputTable>() {
            Some(table) => write(table, out),
            None => self.0.try_encode_table_provider(name, table, out),
        }
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.0.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(
        &self,
        out: &mut Vec<u8>,
        format: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.0.try_encode_file_format(out, format)
    }
}

/// Of physical plans, which the scheduler sends to executors.
#[derive(Debug, Default)]
pub(super) struct Physical(BallistaPhysicalExtensionCodec);

impl PhysicalExtensionCodec for Physical {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (read(bytes)?, inputs) {
            (Some(task), [list]) => Ok(Arc::new(ScanExec::new(task, Arc::clone(list))?)),
            _ => self.0.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        out: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match (node.as_ref() as &dyn std::any::Any).downcast_ref::<ScanExec>() {
            Some(scan) => write(scan.task(), out),
            None => self.0.try_encode(node, out, converter),
        }
    }
}

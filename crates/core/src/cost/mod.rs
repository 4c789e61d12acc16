//! What series cost a server: live heap, resident memory, WAL and disk, each as a range.

mod agent;
mod beside;
mod breakdown;
mod chunks;
mod discovered;
mod estimate;
mod fit;
mod live;
mod load;
mod memory;
mod model;
mod network;
mod recorded;
pub mod resident;
mod run;
mod settings;
pub mod start;
pub mod terms;

pub use agent::{AGENT, AGENT_GARBAGE, live_terms, more_garbage};
pub use beside::{BESIDE, BESIDE_RESIDENT, Beside};
pub use breakdown::{Breakdown, Share, breakdown};
pub use discovered::{DISCOVERED, DiscoveredLoad};
pub use estimate::{Estimate, Part, Range, estimate};
pub use fit::{Fit, Fitting, Verdict, fit};
pub use live::Observed;
pub use load::Load;
pub use model::{Coefficient, CostModel, Errors, Margin};
pub use network::{Network, network};
pub use recorded::{Recorded, Rule, RuleKind, RuleSeries, Tally, Times, recorded};
pub use run::{Reading, Replay, Role, Run};
pub use settings::ServerSettings;

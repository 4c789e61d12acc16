//! What series cost a server: live heap, resident memory, WAL and disk, each as a range.

mod estimate;
mod fit;
mod load;
#[cfg(test)]
mod measured;
mod model;

pub use estimate::{Estimate, Part, Range, ServerSettings, estimate};
pub use fit::{Fit, Fitting, Verdict, fit};
pub use load::Load;
pub use model::{Coefficient, Coefficients, CostModel, Errors, Margin};

//! What operators see of the process: logs, metrics and traces.

pub mod describe;
pub mod logs;
mod metrics;
pub mod traces;

pub use logs::{Audit, install_logs};
pub use metrics::{fold_metrics, install_metrics};

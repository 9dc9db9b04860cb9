//! What operators see of the process: logs and metrics.

pub mod describe;
mod logs;
mod metrics;

pub use logs::{Audit, install_logs};
pub use metrics::{fold_metrics, install_metrics};

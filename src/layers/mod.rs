//! Middleware, one folder each, in tower-http's grammar. A layer that refuses a request returns a
//! [`domain::error::Error`](crate::domain::error::Error), which [`rescue`] turns into an answer of the request's protocol.

pub mod auth;
pub mod body_limit;
pub mod client_address;
pub mod deadline;
pub mod drain;
pub mod load_shed;
pub mod rate_limit;
pub mod request_id;
pub mod rescue;
pub mod rpc_metrics;
pub mod trace;

/// Whatever a service may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

//! Traces calls: one server span each, in the trace of the caller if it has one.
//!
//! Whether a call is traced is decided before anything is made for it: as its caller decided, and by lot for callers who trace
//! nothing. A call that is not traced costs a look at one header. The outermost layer around a protocol's
//! services, so that the span holds all of the call. The span carries the name of the request, if [`request_id`](super::request_id)
//! stands outside of it.

mod future;
mod layer;
mod parent;
mod service;

pub use future::ResponseFuture;
pub use layer::TraceLayer;
pub use service::Trace;

use std::sync::Arc;

/// Which calls are traced.
#[derive(Debug, Clone, Copy)]
pub enum Sampling {
    /// None.
    Off,
    /// Those whose caller traces them; of those whose caller has no trace, this part.
    ByCaller {
        /// From none (0) to all (1).
        otherwise: f64,
        /// Draws a number in [0, 1).
        draw: fn() -> f64,
    },
}

/// A call, as traces name it. Names come from the contract, so that callers cannot invent any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpc {
    /// How it came.
    pub system: System,
    /// The service's full name.
    pub service: &'static str,
    /// The method's name.
    pub method: &'static str,
}

/// How a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// By gRPC, whose status is in a header or behind the answer.
    Grpc,
    /// By HTTP in Connect's form.
    Connect,
}

/// What the layer goes by.
#[derive(Debug, Clone)]
pub struct Tracing {
    /// Which calls are traced.
    pub sampling: Sampling,
    /// Where they come in.
    pub address: Arc<str>,
}

#[cfg(test)]
mod tests;

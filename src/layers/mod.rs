//! Middleware, one folder each, in tower-http's grammar.

pub mod deadline;

//! The doors: gRPC for callers, plain HTTP for the platform.

pub mod admin;
pub mod grpc;
pub mod health;
pub mod stack;

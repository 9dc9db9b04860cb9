//! The doors: gRPC and Connect for callers, plain HTTP for the platform.

pub mod admin;
mod connect;
mod descriptors;
pub mod grpc;
pub mod health;
pub mod stack;

//! The doors: gRPC, gRPC-Web and Connect for callers, plain HTTP for the platform.

pub mod access;
pub mod admin;
mod connect;
pub mod cors;
mod descriptors;
mod events;
pub mod grpc;
pub mod health;
pub mod limits;
pub mod openapi;
pub mod protocol;
pub mod session_cookie;
pub mod stack;

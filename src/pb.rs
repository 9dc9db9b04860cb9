//! The generated messages, server and client of `proto/sessionresumption/v1`, and their descriptors.

// Generated code follows prost's and tonic's style, not ours.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::restriction
)]

/// The encoded `google.protobuf.FileDescriptorSet` of the contract and everything it imports, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("descriptor");

tonic::include_proto!("sessionresumption.v1");

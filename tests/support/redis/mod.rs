//! Real Redis servers of the tests' own, on free ports of this host, in every arrangement that the store speaks to.

// Each test target takes what it needs.
#![allow(dead_code, unused_imports)]

mod cluster;
mod node;
mod ports;
mod sentinels;
mod server;
mod tls;

pub(crate) use cluster::Cluster;
pub(crate) use node::Node;
pub(crate) use sentinels::Sentinels;
pub(crate) use server::Server;
pub(crate) use tls::{Authority, Identity};

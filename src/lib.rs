//! Brings a customer's Genesys Cloud web chat back after a drop: same conversation, same agent, same place in the queue,
//! exactly once.
//!
//! `domain` holds the rules and is pure; `ports` names what the rules need of the world; `service` runs the use cases over the
//! ports; everything else implements a port or a protocol; `app` joins them.

pub mod app;
pub mod audit;
pub mod auth;
pub mod budget;
pub mod callers;
pub mod cidr;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod degraded;
#[cfg(feature = "demo")]
mod demo;
pub mod domain;
pub mod entropy;
pub mod genesys;
pub mod layers;
pub mod listener;
pub mod loopback;
pub mod pb;
pub mod peer;
pub mod ports;
pub mod server;
pub mod service;
pub mod store;
pub mod store_url;
#[cfg(feature = "demo")]
mod storm;
pub mod telemetry;
pub mod terminal;

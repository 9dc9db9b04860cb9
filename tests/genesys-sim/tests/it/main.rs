//! The simulator from outside, as the product and other processes see it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod admin;
mod binary;
mod channels;
mod channels_faults;
mod contract;
mod faults;
mod guest;
mod guest_client;
mod guest_delivery;
mod guest_refusals;
mod lifecycle;
mod limits;
mod platform;
mod schema;
mod strictness;
mod support;
mod ws;

//! The simulator from outside, as the product and other processes see it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod admin;
mod binary;
mod contract;
mod faults;
mod lifecycle;
mod limits;
mod strictness;
mod support;

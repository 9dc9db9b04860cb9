//! The doors themselves: who comes in, by which protocol, how often, and what is made of requests that nobody should send.

mod access;
mod ask;
mod callers;
mod cookies;
mod debug;
mod events;
mod layers;
mod limits;
mod mischief;
mod registry;
mod reload;
mod tls;

//! The Notification API: channels that carry published events to their subscribers over sockets.
//!
//! Delivery is at most once: an event reaches the sockets that are connected and subscribed when it is published, and
//! nobody else, ever.

mod admin;
mod call;
mod control;
mod eventbridge;
mod fault;
mod frame;
mod line;
mod registry;
mod rest;
mod socket;
mod topics;

pub(crate) use self::{
    admin::router as admin_router,
    call::{Call, answer},
    line::{Line, Order, Orders},
    registry::Channels,
    rest::router,
};
pub use self::{eventbridge::BridgedEvent, fault::PushFault};

//! The guest's side of Web Messaging: what a customer's browser talks to.
//!
//! A guest is known by a token that its browser chose, and by nothing else: no frame names a conversation, a
//! participant, an agent or a queue. Several sockets may share a token. What happens while none is connected is never
//! sent again; it can be read in the history.

mod admin;
mod configure;
mod control;
mod converse;
mod frame;
mod handshake;
mod history;
mod receive;
mod registry;
mod request;
mod session;
mod socket;

pub(crate) use self::{admin::router as admin_router, handshake::router, registry::Guests};
pub use self::{control::GuestState, session::AgentDisconnect};

//! The platform profile: Genesys Cloud's own REST API, served beside the guide's on the same port.

pub(crate) mod admin;
pub(crate) mod contract;
mod control;
mod custom;
pub(crate) mod effect;
mod events;
mod lifecycle;
mod model;
pub(crate) mod permissions;
pub(crate) mod route;
mod state;
mod view;

pub use self::{
    control::{CreatedPlatform, NewPlatformConversation, PlatformControl, Said},
    model::{PlatformMessage, Purpose},
};
pub(crate) use self::{
    model::{Disconnect, PlatformConversation},
    state::Platform,
};

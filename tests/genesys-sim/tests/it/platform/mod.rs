//! The platform profile: Genesys Cloud's own REST API beside the guide's.

mod admin;
mod attributes;
mod calls;
mod checked;
mod events;
mod moves;
mod permissions;
mod states;
mod strictness;
mod walk;

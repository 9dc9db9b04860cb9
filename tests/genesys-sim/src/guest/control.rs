//! The hands of the test on its guests.

use serde::Serialize;

use crate::{Control, ControlError, platform::Disconnect};

/// What only the simulator knows of a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuestState {
    /// The conversation that the guest's messages went to last.
    pub conversation_id: Option<String>,
    /// How many sockets it has.
    pub sockets: usize,
    /// Whether it can only read.
    pub read_only: bool,
}

// === impl Control ===

impl Control {
    /// The guest that chose this token.
    pub fn guest(&self, token: &str) -> Result<GuestState, ControlError> {
        let mut world = self.shared.world();
        world.sweep_guests();
        let session = world.guests.sessions.get(token).ok_or(ControlError::NotFound)?;
        Ok(GuestState {
            conversation_id: session.conversation_id.clone(),
            sockets: world.guests.sockets(token).len(),
            read_only: session.read_only,
        })
    }

    /// Cuts all sockets of a guest without a farewell; returns how many there were.
    pub fn cut_guest(&self, token: &str) -> usize {
        let mut world = self.shared.world();
        let sockets = world.guests.sockets(token);
        for serial in &sockets {
            world.guests.cut(*serial);
        }
        sockets.len()
    }

    /// Ends a guest's session as its expiry would.
    pub fn expire_guest(&self, token: &str) -> Result<(), ControlError> {
        let mut world = self.shared.world();
        if !world.guests.sessions.contains_key(token) {
            return Err(ControlError::NotFound);
        }
        world.end_guest(token, Disconnect::SessionExpired);
        Ok(())
    }
}

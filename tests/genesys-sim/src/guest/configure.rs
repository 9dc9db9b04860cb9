//! How a socket becomes a guest's, and how it ceases to be.

use super::{frame, request::Complaint, session::Session};
use crate::{platform::Disconnect, world::World};

/// Binds the socket to the session of `token`, which is made if need be.
pub(crate) fn configure(
    world: &mut World,
    serial: u64,
    token: &str,
    deployment_id: String,
    start_new: bool,
    tracing_id: Option<&str>,
) -> Result<(), Complaint> {
    let existing = world.guests.sessions.get(token);
    if existing.is_some_and(|session| session.deployment_id != deployment_id) {
        let message = "Deployment Id in the request does not match the expected deployment Id for the given TokenId";
        return Err(Complaint::new(400, message));
    }
    let known = existing.is_some();
    release(world, serial);
    if world.guests.sockets(token).len() >= world.options.guest_socket_limit {
        world.guests.close(serial, "SessionLimitReached");
        return Ok(());
    }
    if known && start_new {
        world.end_guest(token, Disconnect::Client);
    }
    let now = world.clock.now();
    let duration = world.options.guest_session_duration;
    let sessions = &mut world.guests.sessions;
    let session = sessions.entry(token.to_owned()).or_insert_with(|| Session::new(deployment_id, duration, now));
    let body = frame::connected(session, !known || start_new, known && start_new);
    world.guests.attach(serial, token);
    world.guests.send(serial, frame::response("SessionResponse", 200, &body, tracing_id));
    world.note_presence(token);
    Ok(())
}

/// Takes the session off this socket, or off all that the guest has; the others are closed.
pub(crate) fn close(world: &mut World, serial: u64, token: &str, all: bool, tracing_id: Option<&str>) {
    release(world, serial);
    if all {
        for other in world.guests.sockets(token) {
            world.guests.close(other, "SessionClosed");
        }
        world.note_presence(token);
    }
    world.guests.send(serial, frame::response("SessionResponse", 200, &frame::closed(), tracing_id));
}

/// Makes the socket nobody's; the guest is away if it was the last.
pub(crate) fn release(world: &mut World, serial: u64) {
    if let Some(token) = world.guests.detach(serial) {
        world.note_presence(&token);
    }
}

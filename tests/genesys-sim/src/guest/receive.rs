//! What a guest's frames do.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    configure, frame, history,
    request::{Action, Complaint, Incoming, Meaning, Request},
    session::Session,
};
use crate::{ControlError, platform::Disconnect, world::World};

/// Takes a frame from a socket; all answers go by the socket's line.
pub(crate) fn receive(world: &mut World, serial: u64, text: &str) {
    world.sweep_guests();
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    let tracing_id = frame["tracingId"].as_str();
    if let Err(complaint) = Request::parse(&frame).and_then(|request| act(world, serial, request)) {
        world.guests.send(serial, frame::complaint(&complaint, tracing_id));
    }
}

fn act(world: &mut World, serial: u64, request: Request) -> Result<(), Complaint> {
    let Request { token, tracing_id, action } = request;
    let tracing_id = tracing_id.as_deref();
    match action {
        Action::ConfigureSession { deployment_id, start_new } => {
            return configure::configure(world, serial, &token, deployment_id, start_new, tracing_id);
        }
        Action::GetConfiguration => {
            let body = frame::configuration(world.options.guest_session_duration.as_secs());
            world.guests.send(serial, frame::response("GetConfigurationResponse", 200, &body, tracing_id));
            return Ok(());
        }
        _ => {}
    }
    if world.guests.token(serial) != Some(&token) {
        return Err(Complaint::no_session());
    }
    match action {
        Action::OnMessage { message } => on_message(world, serial, &token, &message, tracing_id)?,
        Action::Echo { message } => {
            let now = world.clock.now();
            let id = message_id();
            let body = frame::echo(&id, &message, session(world, &token)?, now);
            world.guests.send(serial, frame::response("StructuredMessage", 200, &body, tracing_id));
        }
        Action::GetJwt => {
            let (jwt, expires) = history::issue_jwt(world, &token);
            let body = json!({"jwt": jwt, "exp": expires.as_second()});
            world.guests.send(serial, frame::response("JwtResponse", 200, &body, tracing_id));
        }
        Action::CloseSession { close_all_connections } => {
            configure::close(world, serial, &token, close_all_connections, tracing_id);
        }
        Action::ConfigureSession { .. } | Action::GetConfiguration => {}
    }
    Ok(())
}

fn on_message(
    world: &mut World,
    serial: u64,
    token: &str,
    message: &Incoming,
    tracing_id: Option<&str>,
) -> Result<(), Complaint> {
    let now = world.clock.now();
    let meaning = message.meaning()?;
    let attributes = message.attributes()?;
    let per_second = world.options.guest_messages_per_second;
    let session = session(world, token)?;
    session.count(now, per_second)?;
    let id = match meaning {
        Meaning::Clear => {
            world.end_guest(token, Disconnect::Client);
            return Ok(());
        }
        Meaning::Say(_) | Meaning::Join if session.read_only => {
            return Err(Complaint::new(403, "the session can only be read"));
        }
        Meaning::Say(text) => world.guest_says(token, text, &attributes).map_err(unexpected)?,
        Meaning::Join => world.guest_conversation(token, &attributes).map(|_| message_id()).map_err(unexpected)?,
        Meaning::Hint => message_id(),
    };
    let body = frame::inbound(&id, message, now);
    for socket in world.guests.sockets(token) {
        let frame = if socket == serial {
            frame::response("StructuredMessage", 200, &body, tracing_id)
        } else {
            frame::message("StructuredMessage", &body, tracing_id)
        };
        world.guests.send(socket, frame);
    }
    if matches!(meaning, Meaning::Say(_)) {
        self::session(world, token)?.keep(body, now);
    }
    Ok(())
}

fn session<'a>(world: &'a mut World, token: &str) -> Result<&'a mut Session, Complaint> {
    world.guests.sessions.get_mut(token).ok_or_else(Complaint::no_session)
}

fn message_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn unexpected(_: ControlError) -> Complaint {
    Complaint::new(5000, "unexpected error")
}

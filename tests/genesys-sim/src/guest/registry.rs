//! Which sessions live, and which sockets belong to them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::json;

use super::{frame, session::Session};
use crate::channels::{Line, Orders};

/// Everything the guest's side keeps.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    pub(crate) sessions: HashMap<String, Session>,
    /// What each JWT stands for: a token, and until when.
    pub(crate) jwts: HashMap<String, (String, Timestamp)>,
    sockets: BTreeMap<u64, GuestSocket>,
    opened: u64,
}

#[derive(Debug)]
struct GuestSocket {
    line: Line,
    /// Whose it is, once it is configured.
    token: Option<String>,
}

// === impl Guests ===

impl Guests {
    /// Takes in a new socket, which is nobody's yet.
    pub(crate) fn open(&mut self) -> (u64, Orders) {
        self.opened += 1;
        let (line, orders) = Line::new();
        self.sockets.insert(self.opened, GuestSocket { line, token: None });
        (self.opened, orders)
    }

    pub(crate) fn token(&self, serial: u64) -> Option<&str> {
        self.sockets.get(&serial)?.token.as_deref()
    }

    pub(crate) fn attach(&mut self, serial: u64, token: &str) {
        if let Some(socket) = self.sockets.get_mut(&serial) {
            socket.token = Some(token.to_owned());
        }
    }

    /// Makes the socket nobody's; returns whose it was.
    pub(crate) fn detach(&mut self, serial: u64) -> Option<String> {
        self.sockets.get_mut(&serial)?.token.take()
    }

    /// Forgets a socket that is gone.
    pub(crate) fn remove(&mut self, serial: u64) {
        self.sockets.remove(&serial);
    }

    /// The sockets of a guest.
    pub(crate) fn sockets(&self, token: &str) -> Vec<u64> {
        let own = |socket: &GuestSocket| socket.token.as_deref() == Some(token);
        self.sockets.iter().filter(|(_, socket)| own(socket)).map(|(serial, _)| *serial).collect()
    }

    /// Sends to one socket. One too slow to take it is cut.
    pub(crate) fn send(&mut self, serial: u64, text: String) {
        let broken = self.sockets.get(&serial).is_some_and(|socket| socket.line.send(text).is_err());
        if broken {
            self.cut(serial);
        }
    }

    /// Sends to all sockets of a guest.
    pub(crate) fn send_all(&mut self, token: &str, text: &str) {
        for serial in self.sockets(token) {
            self.send(serial, text.to_owned());
        }
    }

    /// Tells a socket why it is closed, and closes it.
    pub(crate) fn close(&mut self, serial: u64, reason: &str) {
        let body = json!({"reasonCode": reason});
        self.send(serial, frame::message("ConnectionClosedEvent", &body, None));
        if let Some(socket) = self.sockets.remove(&serial) {
            socket.line.close(1000, "the connection was closed");
        }
    }

    /// Cuts a socket without a farewell.
    pub(crate) fn cut(&mut self, serial: u64) {
        if let Some(socket) = self.sockets.get_mut(&serial) {
            // The socket's task finds its line dead, and only then is the socket gone.
            (socket.line, _) = Line::new();
        }
    }

    /// Forgets a session and its JWTs; its sockets stay, and are nobody's.
    pub(crate) fn end(&mut self, token: &str) {
        self.sessions.remove(token);
        self.jwts.retain(|_, (owner, _)| owner != token);
        for serial in self.sockets(token) {
            self.detach(serial);
        }
    }

    /// The guest whose messages go to this conversation.
    pub(crate) fn token_of(&self, conversation_id: &str) -> Option<String> {
        let own = |session: &Session| session.conversation_id.as_deref() == Some(conversation_id);
        self.sessions.iter().find(|(_, session)| own(session)).map(|(token, _)| token.clone())
    }
}

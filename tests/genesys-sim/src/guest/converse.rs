//! Where guests meet the platform's conversations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{frame, registry::Guests, session::AgentDisconnect};
use crate::{
    ControlError, NewPlatformConversation,
    platform::{Disconnect, PlatformConversation, Purpose},
    world::World,
};

// === impl World ===

impl World {
    /// The guest's conversation: the one it has if messages still go there, else a new one.
    pub(crate) fn guest_conversation(
        &mut self,
        token: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<String, ControlError> {
        let now = self.clock.now();
        let timeline = self.options.threading_timeline;
        let session = self.guests.sessions.get(token).ok_or(ControlError::NotFound)?;
        let deployment_id = session.deployment_id.clone();
        if let Some(id) = session.conversation_id.clone()
            && self.platform_conversation(&id).is_ok_and(|conversation| conversation.takes_messages(timeline, now))
        {
            return Ok(id);
        }
        let new = NewPlatformConversation {
            deployment_id: Some(deployment_id),
            attributes: attributes.clone(),
            ..NewPlatformConversation::default()
        };
        let conversation = new.build(&self.options.deployment_id, now)?;
        let id = conversation.id.clone();
        if let Some(session) = self.guests.sessions.get_mut(token) {
            session.conversation_id = Some(id.clone());
        }
        self.insert_platform(conversation)?;
        Ok(id)
    }

    /// The guest says something; returns the message's id.
    pub(crate) fn guest_says(
        &mut self,
        token: &str,
        text: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<String, ControlError> {
        let id = self.guest_conversation(token, attributes)?;
        self.change_platform(&id, |conversation, now| {
            let message_id = conversation.say_as_customer(text.to_owned(), now)?;
            if let Some(customer) = conversation.live_mut(Purpose::Customer) {
                customer.attributes.extend(attributes.clone());
            }
            Ok(message_id)
        })
    }

    /// A guest without a socket is away, which no leg shows.
    pub(crate) fn note_presence(&mut self, token: &str) {
        let away = self.guests.sockets(token).is_empty();
        let conversation_id = self.guests.sessions.get(token).and_then(|session| session.conversation_id.clone());
        if let Some(id) = conversation_id {
            // A conversation that was forgotten has nobody to miss.
            let _ = self.change_platform(&id, |conversation, _| {
                conversation.away = away;
                Ok::<_, ControlError>(())
            });
        }
    }

    /// The guest, or time, ends the session for good, and the conversation with it.
    pub(crate) fn end_guest(&mut self, token: &str, why: Disconnect) {
        let conversation_id = self.guests.sessions.get(token).and_then(|session| session.conversation_id.clone());
        if let Some(id) = conversation_id {
            // One that is over already is none of the guest's any more.
            let _ = self.change_platform(&id, |conversation, now| match why {
                Disconnect::SessionExpired => conversation.expire_session(now),
                _ => conversation.clear(now),
            });
        }
        self.guests.dismiss(token, why);
    }

    /// Ends the sessions whose time is up.
    pub(crate) fn sweep_guests(&mut self) {
        let now = self.clock.now();
        let sessions = self.guests.sessions.iter();
        let expired: Vec<_> =
            sessions.filter(|(_, session)| session.expires() <= now).map(|(token, _)| token.clone()).collect();
        for token in expired {
            self.end_guest(&token, Disconnect::SessionExpired);
        }
    }
}

// === impl Guests ===

impl Guests {
    /// Tells the guest of a conversation what has changed in it.
    pub(crate) fn follow(
        &mut self,
        before: &PlatformConversation,
        after: &PlatformConversation,
        disconnect: AgentDisconnect,
        now: Timestamp,
    ) {
        let Some(token) = self.token_of(&after.id) else { return };
        for said in after.transcript.iter().skip(before.transcript.len()) {
            if said.purpose.is_outbound() {
                let body = frame::outbound(&said.id, &said.text, said.purpose == Purpose::Agent, said.time);
                self.tell(&token, body, now);
            }
        }
        if after.closed && !before.closed {
            self.dismiss(&token, after.farewell());
        } else if before.is_live() && !after.is_live() && disconnect != AgentDisconnect::Silent {
            let read_only = disconnect == AgentDisconnect::ReadOnly;
            if let Some(session) = self.sessions.get_mut(&token) {
                session.read_only = read_only;
            }
            self.tell(&token, frame::disconnect(&Uuid::new_v4().simple().to_string(), read_only, now), now);
        }
    }

    /// Keeps a message and sends it to whoever is connected.
    fn tell(&mut self, token: &str, body: serde_json::Value, now: Timestamp) {
        self.send_all(token, &frame::message("StructuredMessage", &body, None));
        if let Some(session) = self.sessions.get_mut(token) {
            session.keep(body, now);
        }
    }

    /// Tells a guest that the session is over, and forgets it.
    fn dismiss(&mut self, token: &str, why: Disconnect) {
        if !self.sessions.contains_key(token) {
            return;
        }
        if why == Disconnect::SessionExpired {
            self.send_all(token, &frame::message("SessionExpiredEvent", &json!({}), None));
        } else {
            self.send_all(token, &frame::message("SessionClearedEvent", &json!({}), None));
            for serial in self.sockets(token) {
                self.close(serial, "ConversationCleared");
            }
        }
        self.end(token);
    }
}

// === impl PlatformConversation ===

impl PlatformConversation {
    /// Why the guest's last leg ended.
    fn farewell(&self) -> Disconnect {
        let customer = self.legs.iter().rfind(|leg| leg.purpose == Purpose::Customer);
        customer.and_then(|leg| leg.ended).map_or(Disconnect::Client, |(_, why)| why)
    }
}

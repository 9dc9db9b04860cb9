//! The hands of the test on the pushed side.

use axum::http::StatusCode;
use serde_json::Value;

use super::{eventbridge::BridgedEvent, fault::PushFault, frame};
use crate::{Control, ControlError};

// === impl Control ===

impl Control {
    /// Publishes an event that no conversation of the simulator causes.
    pub fn publish(&self, topic: impl Into<String>, body: Value) {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.feed.publish(topic.into(), body, now);
    }

    /// The events published after the one of this id, as `EventBridge` would hand them to a webhook; 0 for all that are
    /// kept.
    pub fn events(&self, since_id: u64) -> Vec<BridgedEvent> {
        let world = self.shared.world();
        world.feed.events().filter(|event| event.id > since_id).filter_map(BridgedEvent::of).collect()
    }

    /// How many notification channels have a connected socket.
    pub fn channel_sockets(&self) -> usize {
        self.shared.world().feed.channels.connected()
    }

    /// Cuts the sockets of all notification channels without a farewell; the channels live on. Returns how many there
    /// were.
    pub fn cut_channel_sockets(&self) -> usize {
        self.shared.world().feed.channels.cut()
    }

    /// Queues a fault for the next `times` deliveries.
    pub fn script_push_fault(&self, fault: PushFault, times: u16) {
        self.shared.world().feed.channels.faults.push(fault, times);
    }

    /// Forgets the delivery faults not yet used up.
    pub fn clear_push_faults(&self) {
        self.shared.world().feed.channels.faults.clear();
    }

    /// Sends every connected channel socket a text, be it no frame at all.
    pub fn push_text(&self, text: &str) {
        self.shared.world().feed.channels.broadcast(text);
    }

    /// Sends every connected channel socket a well-formed frame of this topic, subscribed or not.
    pub fn push_frame(&self, topic: &str, body: &Value) {
        let frame = frame::addressed(topic, body, &uuid::Uuid::new_v4().to_string()).to_string();
        self.push_text(&frame);
    }

    /// Stops the heartbeat of all channel sockets, or lets it beat again.
    pub fn silence_heartbeat(&self, silenced: bool) {
        self.shared.world().feed.channels.heartbeat_silenced = silenced;
    }

    /// Refuses new channels with this status; none ends the refusal.
    pub fn refuse_channels(&self, status: Option<u16>) -> Result<(), ControlError> {
        let status = status.map(StatusCode::from_u16).transpose();
        let status = status.map_err(|_| ControlError::Invalid("a status must be 100 to 999"))?;
        self.shared.world().feed.channels.refusal = status;
        Ok(())
    }

    /// From now on the roles of the client lack this permission, which the topic needs.
    pub fn forbid_topic(&self, topic: impl Into<String>, missing_permission: impl Into<String>) {
        self.shared.world().feed.channels.forbidden.insert(topic.into(), missing_permission.into());
    }

    /// Permits every topic again.
    pub fn permit_topics(&self) {
        self.shared.world().feed.channels.forbidden.clear();
    }
}

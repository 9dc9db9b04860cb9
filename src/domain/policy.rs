//! The operator's rules a decision follows, as plain data.

use std::time::Duration;

use super::snapshot::Status;

/// How long after its last change a conversation can be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Up to and including this age.
    Limited(Duration),
    /// At any age.
    Unlimited,
}

/// One window for each status that can be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// For DISCONNECTED.
    pub disconnected: Window,
    /// For ACTIVE and PARKED.
    pub active: Window,
    /// For TRANSFER.
    pub transfer: Window,
    /// For QUEUE.
    pub queue: Window,
    /// For REROUTE.
    pub reroute: Window,
}

impl Default for Windows {
    /// The guide's 300 s judge a disconnect; live conversations are exempt, because applied to a ten-minute chat whose page is
    /// refreshed the window would cause the very re-queueing the guide warns of.
    fn default() -> Self {
        Self {
            disconnected: Window::Limited(Duration::from_mins(5)),
            active: Window::Unlimited,
            transfer: Window::Unlimited,
            queue: Window::Unlimited,
            reroute: Window::Unlimited,
        }
    }
}

/// What a status nobody knows means. It differs by contract: the guide's set is closed, the platform's is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownStatus {
    /// Start over (guide profile).
    NewRouting,
    /// Assume it lives (platform profile).
    Resumable,
}

/// Everything a decision depends on besides the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Windows by status.
    pub windows: Windows,
    /// The meaning of a status nobody knows.
    pub unknown_status: UnknownStatus,
}

impl Policy {
    /// The window that judges a status; none for what is over or unknown.
    pub fn window(&self, status: Status) -> Option<Window> {
        match status {
            Status::Disconnected => Some(self.windows.disconnected),
            Status::Active | Status::Parked => Some(self.windows.active),
            Status::Transfer => Some(self.windows.transfer),
            Status::Queue => Some(self.windows.queue),
            Status::Reroute => Some(self.windows.reroute),
            Status::Terminated | Status::Unknown => None,
        }
    }
}

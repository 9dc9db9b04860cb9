//! Which channels live, what each is subscribed to, and which socket it has.

use std::{collections::BTreeSet, time::Duration};

use axum::http::StatusCode;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    fault::{Held, PushFaults},
    frame,
    line::{Line, Orders},
    topics::Forbidden,
};
use crate::{
    clock::{later, since},
    feed::Event,
};

/// Channels that one application may have.
const MAX_CHANNELS: usize = 20;
const LIFETIME: Duration = Duration::from_hours(24);
/// How long before its end a channel says so.
const NOTICE: Duration = Duration::from_mins(1);

/// Everything the Notification API keeps, and the faults that are to hit it.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    living: Vec<Channel>,
    sockets_opened: u64,
    pub(crate) faults: PushFaults,
    pub(crate) forbidden: Forbidden,
    /// The status that creating a channel is refused with.
    pub(crate) refusal: Option<StatusCode>,
    pub(crate) heartbeat_silenced: bool,
}

#[derive(Debug)]
pub(crate) struct Channel {
    /// Whoever knows it can read the channel.
    pub(crate) id: String,
    pub(crate) token_id: String,
    pub(crate) expires: Timestamp,
    pub(crate) topics: BTreeSet<String>,
    last_used: Timestamp,
    socket: Option<Socket>,
    held: Held,
    closing_told: bool,
}

#[derive(Debug)]
struct Socket {
    serial: u64,
    line: Line,
}

/// The receiving end of a channel's socket.
#[derive(Debug)]
pub(crate) struct Plug {
    pub(crate) channel_id: String,
    pub(crate) serial: u64,
    pub(crate) orders: Orders,
}

// === impl Channels ===

impl Channels {
    /// Opens a channel. If that is one too many, the channel goes that has been idle for longest, one without a
    /// socket first.
    pub(crate) fn create(&mut self, token_id: String, now: Timestamp) -> &Channel {
        if self.living.len() >= MAX_CHANNELS {
            let idlest = (0..self.living.len()).min_by_key(|&index| {
                let channel = &self.living[index];
                (channel.socket.is_some(), channel.last_used)
            });
            if let Some(index) = idlest {
                self.living.remove(index).close(1000, "the channel was removed");
            }
        }
        let id = format!("streaming-0-{}", Uuid::new_v4().simple());
        self.living.push(Channel {
            id,
            token_id,
            expires: later(now, LIFETIME),
            topics: BTreeSet::new(),
            last_used: now,
            socket: None,
            held: Held::default(),
            closing_told: false,
        });
        &self.living[self.living.len() - 1]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.living.iter()
    }

    /// The living channel of this id, which is used by being asked for.
    pub(crate) fn get_mut(&mut self, id: &str, now: Timestamp) -> Option<&mut Channel> {
        self.sweep(now);
        let channel = self.living.iter_mut().find(|channel| channel.id == id)?;
        channel.last_used = now;
        Some(channel)
    }

    /// Gives the channel a socket in place of the one it may have.
    pub(crate) fn plug(&mut self, id: &str, now: Timestamp) -> Option<Plug> {
        let serial = self.sockets_opened + 1;
        let channel = self.get_mut(id, now)?;
        channel.close(4001, "another connection took the channel over");
        let (line, orders) = Line::new();
        channel.socket = Some(Socket { serial, line });
        let channel_id = channel.id.clone();
        self.sockets_opened = serial;
        Some(Plug { channel_id, serial, orders })
    }

    /// The socket is gone; a newer one of the same channel stays.
    pub(crate) fn unplug(&mut self, id: &str, serial: u64) {
        if let Some(channel) = self.living.iter_mut().find(|channel| channel.id == id)
            && channel.socket.as_ref().is_some_and(|socket| socket.serial == serial)
        {
            channel.socket = None;
        }
    }

    /// Carries an event to whoever is subscribed and connected at this moment.
    pub(crate) fn deliver(&mut self, event: &Event) {
        for channel in &mut self.living {
            if channel.socket.is_some() && channel.topics.contains(&event.topic) {
                for frame in self.faults.pass(frame::event(event), &mut channel.held) {
                    channel.send(frame);
                }
            }
        }
    }

    /// Sends a text to every connected socket, subscribed or not.
    pub(crate) fn broadcast(&mut self, text: &str) {
        for channel in &mut self.living {
            channel.send(text.to_owned());
        }
    }

    /// Cuts every socket without a farewell; the channels live on. Returns how many there were.
    pub(crate) fn cut(&mut self) -> usize {
        self.living.iter_mut().filter_map(|channel| channel.socket.take()).count()
    }

    pub(crate) fn connected(&self) -> usize {
        self.living.iter().filter(|channel| channel.socket.is_some()).count()
    }

    /// Ends the channels whose time is up, and warns those whose time is about to be.
    pub(crate) fn sweep(&mut self, now: Timestamp) {
        self.living.retain_mut(|channel| {
            let alive = now < channel.expires;
            if !alive {
                channel.close(1000, "the channel's life is over");
            } else if !channel.closing_told && since(now, channel.expires) <= NOTICE {
                channel.closing_told = true;
                channel.send(frame::closing());
            }
            alive
        });
    }
}

// === impl Channel ===

impl Channel {
    fn send(&mut self, text: String) {
        if let Some(socket) = &self.socket
            && socket.line.send(text).is_err()
        {
            self.socket = None;
        }
    }

    fn close(&mut self, code: u16, reason: &'static str) {
        if let Some(socket) = self.socket.take() {
            socket.line.close(code, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::channels::line::{BACKLOG, Order};

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(seconds: u64) -> Timestamp {
        later(START, Duration::from_secs(seconds))
    }

    fn create(channels: &mut Channels, now: Timestamp) -> String {
        channels.create("t1".to_owned(), now).id.clone()
    }

    #[test]
    fn one_channel_too_many_drops_the_idlest_without_a_socket() {
        let mut channels = Channels::default();
        let ids: Vec<_> = (0..20).map(|age| create(&mut channels, at(age))).collect();
        let mut first = channels.plug(&ids[0], at(0)).unwrap();
        channels.get_mut(&ids[1], at(30)).unwrap();
        create(&mut channels, at(40));
        let left: Vec<_> = channels.iter().map(|channel| &channel.id).collect();
        assert_eq!(left.len(), 20);
        assert!(!left.contains(&&ids[2]), "connected and used channels stay");
        assert!(first.orders.try_recv().is_err());
    }

    #[test]
    fn a_channel_warns_a_minute_before_its_end_and_then_ends() {
        let mut channels = Channels::default();
        let id = create(&mut channels, START);
        let mut plug = channels.plug(&id, START).unwrap();
        let day = 24 * 60 * 60;
        channels.sweep(at(day - 61));
        assert!(plug.orders.try_recv().is_err());
        channels.sweep(at(day - 60));
        channels.sweep(at(day - 59));
        assert_eq!(plug.orders.try_recv().unwrap(), Order::Send(frame::closing()));
        assert!(plug.orders.try_recv().is_err(), "once");
        channels.sweep(at(day));
        assert!(matches!(plug.orders.try_recv().unwrap(), Order::Close(1000, _)));
        assert!(channels.get_mut(&id, at(day)).is_none());
    }

    #[test]
    fn a_reader_too_slow_for_its_backlog_is_cut() {
        let mut channels = Channels::default();
        let id = create(&mut channels, START);
        let _unread = channels.plug(&id, START).unwrap();
        for _ in 0..BACKLOG {
            channels.broadcast("");
        }
        assert_eq!(channels.connected(), 1);
        channels.broadcast("");
        assert_eq!(channels.connected(), 0);
    }

    #[test]
    fn the_end_of_an_old_socket_leaves_the_new_one() {
        let mut channels = Channels::default();
        let id = create(&mut channels, START);
        let mut old = channels.plug(&id, START).unwrap();
        let new = channels.plug(&id, START).unwrap();
        assert!(matches!(old.orders.try_recv().unwrap(), Order::Close(4001, _)));
        channels.unplug(&id, old.serial);
        assert_eq!(channels.connected(), 1);
        channels.unplug(&id, new.serial);
        assert_eq!(channels.connected(), 0);
    }
}

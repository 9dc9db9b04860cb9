//! What goes wrong with a delivery on its way to a channel's socket.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// A fault of one delivery: one event on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFault {
    /// It is lost.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives after the next one on the same channel, if there ever is one.
    Hold,
    /// Only the first half of its text arrives, in a whole frame.
    Truncate,
}

/// The faults to come, one delivery each, in order.
#[derive(Debug, Default)]
pub(crate) struct PushFaults(VecDeque<PushFault>);

/// Frames that wait for the next delivery to overtake them.
#[derive(Debug, Default)]
pub(crate) struct Held(Vec<String>);

// === impl PushFaults ===

impl PushFaults {
    pub(crate) fn push(&mut self, fault: PushFault, times: u16) {
        self.0.extend((0..times).map(|_| fault));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The frames to send now in place of `frame`, in order.
    pub(crate) fn pass(&mut self, frame: String, held: &mut Held) -> Vec<String> {
        let mut frames = match self.0.pop_front() {
            Some(PushFault::Drop) => return Vec::new(),
            Some(PushFault::Hold) => {
                held.0.push(frame);
                return Vec::new();
            }
            Some(PushFault::Duplicate) => vec![frame.clone(), frame],
            Some(PushFault::Truncate) => vec![first_half(&frame)],
            None => vec![frame],
        };
        frames.append(&mut held.0);
        frames
    }
}

fn first_half(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(faults: &mut PushFaults, held: &mut Held, frame: &str) -> Vec<String> {
        faults.pass(frame.to_owned(), held)
    }

    #[test]
    fn each_fault_hits_one_delivery() {
        let (mut faults, mut held) = (PushFaults::default(), Held::default());
        faults.push(PushFault::Drop, 1);
        faults.push(PushFault::Duplicate, 1);
        faults.push(PushFault::Truncate, 1);
        assert!(pass(&mut faults, &mut held, "lost").is_empty());
        assert_eq!(pass(&mut faults, &mut held, "two"), ["two", "two"]);
        assert_eq!(pass(&mut faults, &mut held, "half"), ["ha"]);
        assert_eq!(pass(&mut faults, &mut held, "whole"), ["whole"]);
    }

    #[test]
    fn a_held_frame_follows_the_next_one() {
        let (mut faults, mut held) = (PushFaults::default(), Held::default());
        faults.push(PushFault::Hold, 2);
        faults.push(PushFault::Drop, 1);
        for frame in ["1", "2", "3"] {
            assert!(pass(&mut faults, &mut held, frame).is_empty());
        }
        assert_eq!(pass(&mut faults, &mut held, "4"), ["4", "1", "2"]);
        assert_eq!(pass(&mut faults, &mut held, "5"), ["5"]);
    }
}

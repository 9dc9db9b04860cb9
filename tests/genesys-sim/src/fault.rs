//! Scripted faults: what goes wrong, on which call, and how often.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{ControlError, Route};

/// A fault and the calls it hits: after `skip` matching calls, the next `times`.
///
/// Scripts form a queue. A well-formed, authenticated call within the rate limit meets the first script that matches
/// its route, and only that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultScript {
    /// The calls it applies to.
    pub route: Route,
    /// How many calls it hits.
    #[serde(default = "once")]
    pub times: u32,
    /// How many calls it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// What goes wrong.
    pub fault: Fault,
}

/// What goes wrong. `after_effect` says whether the call has done its work by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers with this status and its usual error body.
    Status {
        /// 200 to 599.
        code: u16,
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
        /// Whether the call has done its work by then.
        #[serde(default)]
        after_effect: bool,
    },
    /// Waits, then answers as usual. The work is done even if the caller has left meanwhile.
    Delay {
        /// How long, in real milliseconds.
        ms: u64,
        /// Whether the call has done its work before the wait.
        #[serde(default)]
        after_effect: bool,
    },
    /// Resets the TCP connection instead of answering.
    Reset {
        /// Whether the call has done its work by then.
        #[serde(default)]
        after_effect: bool,
    },
    /// Does the work, then closes the connection halfway through the answer's body.
    Truncate,
    /// Does the work, then answers 200 with a body that claims to be JSON and is not.
    Malformed,
    /// Answers with an arbitrary body instead of doing the work, as a proxy in the way would.
    Body {
        /// 200 to 599.
        status: u16,
        /// `Content-Type`
        content_type: String,
        /// The body.
        body: String,
    },
    /// Does no work and answers 504 after a wait.
    Hang {
        /// How long, in real milliseconds.
        ms: u64,
    },
}

/// The scripts not yet used up, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<FaultScript>);

fn once() -> u32 {
    1
}

// === impl FaultScript ===

impl FaultScript {
    /// A fault that hits the next matching call.
    pub fn once(route: Route, fault: Fault) -> Self {
        Self { route, times: 1, skip: 0, fault }
    }
}

// === impl Fault ===

impl Fault {
    fn check(&self) -> Result<(), ControlError> {
        match self {
            Self::Status { code, .. } | Self::Body { status: code, .. } if !(200..600).contains(code) => {
                Err(ControlError::Invalid("a fault's status must be 200 to 599"))
            }
            Self::Body { content_type, .. } if content_type.parse::<axum::http::HeaderValue>().is_err() => {
                Err(ControlError::Invalid("a fault's content type must be a header value"))
            }
            _ => Ok(()),
        }
    }
}

// === impl Faults ===

impl Faults {
    pub(crate) fn push(&mut self, script: FaultScript) -> Result<(), ControlError> {
        script.fault.check()?;
        if script.times > 0 {
            self.0.push_back(script);
        }
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that a call of `route` meets, if any.
    pub(crate) fn take(&mut self, route: Route) -> Option<Fault> {
        let index = self.0.iter().position(|script| script.route.covers(route))?;
        let script = self.0.get_mut(index)?;
        if script.skip > 0 {
            script.skip -= 1;
            return None;
        }
        script.times -= 1;
        let fault = script.fault.clone();
        if script.times == 0 {
            self.0.remove(index);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn scripts_are_used_up_in_order_and_only_by_their_route() {
        let mut faults = Faults::default();
        let reset = Fault::Reset { after_effect: false };
        faults.push(FaultScript { route: Route::Patch, times: 2, skip: 1, fault: Fault::Truncate }).unwrap();
        faults.push(FaultScript::once(Route::AnyApi, reset.clone())).unwrap();

        assert_eq!(faults.take(Route::Token), None);
        assert_eq!(faults.take(Route::Patch), None, "skipped");
        assert_eq!(faults.take(Route::Patch), Some(Fault::Truncate));
        assert_eq!(faults.take(Route::Read), Some(reset));
        assert_eq!(faults.take(Route::Patch), Some(Fault::Truncate));
        assert_eq!(faults.take(Route::Patch), None, "used up");
    }

    #[test]
    fn a_fault_that_cannot_be_sent_is_refused() {
        let mut faults = Faults::default();
        for fault in [
            Fault::Status { code: 99, retry_after_s: None, after_effect: false },
            Fault::Body { status: 600, content_type: "text/html".to_owned(), body: String::new() },
            Fault::Body { status: 200, content_type: "text/\nhtml".to_owned(), body: String::new() },
        ] {
            assert!(faults.push(FaultScript::once(Route::Read, fault)).is_err());
        }
    }
}

//! What is asked of Genesys, and which of its failures are worth another try.

use std::time::Duration;

use crate::domain::retry::Backoff;
use crate::ports::UpstreamError;

/// Three tries within about a second: a longer outage is for the caller to wait out, who may have a better use for the time.
const BACKOFF: Backoff = Backoff { base: Duration::from_millis(100), cap: Duration::from_secs(1), tries: 3 };

/// The longest wait that Genesys may ask for before we hand it on instead.
const LONGEST_HINT: Duration = Duration::from_secs(2);

/// One kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Token,
    Read,
    ReadMetadata,
    WriteMetadata,
    Post,
    Transcript,
    Locate,
    /// Of events: a channel for them, or what it carries.
    Subscribe,
}

// === impl Operation ===

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Read => "read",
            Self::ReadMetadata => "read_metadata",
            Self::WriteMetadata => "write_metadata",
            Self::Post => "post",
            Self::Transcript => "transcript",
            Self::Locate => "locate",
            Self::Subscribe => "subscribe",
        }
    }

    /// Whether doing it changes anything at Genesys.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::WriteMetadata | Self::Post)
    }

    /// How long to wait before the next try after this failure of try number `tried`, or `None` if there is to be none.
    pub(super) fn wait(self, error: &UpstreamError, tried: u32, unit: f64) -> Option<Duration> {
        let hint = match error {
            UpstreamError::Unreachable => None,
            // A message may stand in the transcript whatever else went wrong; sent again it would stand there twice.
            _ if self == Self::Post => return None,
            UpstreamError::Timeout | UpstreamError::Reset => None,
            // 501: it will not be implemented a moment later.
            UpstreamError::Server { status, retry_after } if *status != 501 => *retry_after,
            UpstreamError::RateLimited { retry_after: Some(wait) } => Some(*wait),
            _ => return None,
        };
        if hint.is_some_and(|hint| hint > LONGEST_HINT) {
            return None;
        }
        BACKOFF.delay(tried, hint, unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn is_repeated(operation: Operation, error: &UpstreamError) -> bool {
        operation.wait(error, 1, 0.5).is_some()
    }

    #[test]
    fn what_can_be_repeated_is_repeated_when_it_may_help() {
        for operation in [
            Operation::Token,
            Operation::Read,
            Operation::ReadMetadata,
            Operation::WriteMetadata,
            Operation::Transcript,
            Operation::Locate,
            Operation::Subscribe,
        ] {
            for (error, repeated) in [
                (UpstreamError::Unreachable, true),
                (UpstreamError::Timeout, true),
                (UpstreamError::Reset, true),
                (UpstreamError::Server { status: 503, retry_after: None }, true),
                (UpstreamError::Server { status: 503, retry_after: Some(SECOND) }, true),
                (UpstreamError::Server { status: 503, retry_after: Some(3 * SECOND) }, false),
                (UpstreamError::Server { status: 501, retry_after: None }, false),
                (UpstreamError::RateLimited { retry_after: Some(2 * SECOND) }, true),
                (UpstreamError::RateLimited { retry_after: Some(3 * SECOND) }, false),
                (UpstreamError::RateLimited { retry_after: None }, false),
                (UpstreamError::Budget { retry_after: SECOND }, false),
                (UpstreamError::CircuitOpen { retry_after: SECOND }, false),
                (UpstreamError::Unauthorized, false),
                (UpstreamError::Forbidden, false),
                (UpstreamError::NotFound, false),
                (UpstreamError::Conflict, false),
                (UpstreamError::Rejected { status: 400 }, false),
                (UpstreamError::Malformed("x"), false),
                (UpstreamError::Withheld("x"), false),
            ] {
                assert_eq!(is_repeated(operation, &error), repeated, "{operation:?} {error:?}");
            }
        }
    }

    #[test]
    fn a_message_is_repeated_only_if_it_was_not_sent() {
        for error in [
            UpstreamError::Timeout,
            UpstreamError::Reset,
            UpstreamError::Server { status: 503, retry_after: None },
            UpstreamError::RateLimited { retry_after: Some(SECOND) },
            UpstreamError::Malformed("x"),
            UpstreamError::Conflict,
        ] {
            assert!(!is_repeated(Operation::Post, &error), "{error:?}");
        }
        assert!(is_repeated(Operation::Post, &UpstreamError::Unreachable));
    }

    #[test]
    fn waits_are_as_asked_for_and_end_after_three_tries() {
        let limited = UpstreamError::RateLimited { retry_after: Some(SECOND) };
        assert_eq!(Operation::Read.wait(&limited, 1, 0.0), Some(SECOND));
        assert_eq!(Operation::Read.wait(&limited, 2, 0.0), Some(SECOND));
        assert_eq!(Operation::Read.wait(&limited, 3, 0.0), None);
    }
}

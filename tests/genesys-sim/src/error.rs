//! Why a control operation was refused.

/// A control operation that could not be done; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is no such conversation.
    #[error("no such conversation")]
    NotFound,
    /// The conversation's state does not allow it.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The operation makes no sense in any state.
    #[error("invalid: {0}")]
    Invalid(&'static str),
}

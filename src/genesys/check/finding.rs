//! What was found out, and what is to be done about it.

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it must be.
    Good,
    /// It could not be told, or it works and could be better.
    Doubtful,
    /// It has to be mended.
    Bad,
}

/// One thing that was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was asked.
    pub what: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do about it, if anything is to be done.
    pub todo: Option<String>,
}

// === impl Finding ===

impl Finding {
    pub(super) fn good(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Good, seen: seen.into(), todo: None }
    }

    pub(super) fn doubtful(what: impl Into<String>, seen: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Doubtful, seen: seen.into(), todo: Some(todo.into()) }
    }

    pub(super) fn bad(what: impl Into<String>, seen: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Bad, seen: seen.into(), todo: Some(todo.into()) }
    }
}

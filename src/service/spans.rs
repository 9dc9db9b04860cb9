//! The parts of a traced call that others may see: the work that outlives its caller, and reads that callers share.

use tracing::Span;

/// A part of the call under way; none if that is not traced.
pub(super) fn part(name: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::error_span!("part", otel.name = name)
}

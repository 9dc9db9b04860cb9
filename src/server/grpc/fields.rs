//! Collects everything that is wrong with a request, so that one answer tells all.

use crate::domain::error::{Error, Reason, Violation};
use crate::domain::ids::IdError;

#[derive(Debug, Default)]
pub(super) struct Fields {
    violations: Vec<Violation>,
}

impl Fields {
    pub(super) fn refuse(&mut self, field: impl Into<String>, reason: Reason, description: impl Into<String>) {
        self.violations.push(Violation { field: field.into(), reason, description: description.into() });
    }

    /// An id that must be there.
    pub(super) fn id<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, IdError>,
        reason: Reason,
    ) -> Option<T> {
        let refuse = |error: IdError| {
            let reason = if error == IdError::Missing { Reason::InvalidId } else { reason };
            self.refuse(field, reason, error.to_string());
        };
        parse(text).map_err(refuse).ok()
    }

    /// An id that may be left out.
    pub(super) fn optional_id<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, IdError>,
        reason: Reason,
    ) -> Option<T> {
        if text.is_empty() { None } else { self.id(field, text, parse, reason) }
    }

    /// A text within a limit of characters.
    pub(super) fn text(&mut self, field: &str, text: &str, limit: usize) {
        // No text has more characters than bytes, so most need no counting.
        if text.len() > limit && text.chars().count() > limit {
            self.refuse(field, Reason::TextTooLong, format!("must have at most {limit} characters"));
        }
    }

    /// The request, unless something was wrong with it.
    pub(super) fn finish<T>(self, request: Option<T>) -> Result<T, Error> {
        match request {
            Some(request) if self.violations.is_empty() => Ok(request),
            _ => Err(Error::invalid(self.violations)),
        }
    }
}

//! Durations, which always carry a unit.

use std::time::Duration;

use jiff::fmt::friendly::{SpanParser, SpanPrinter};

use super::Parse;
use crate::config::Window;

/// A duration between two bounds, both allowed.
#[derive(Debug)]
pub(in crate::config) struct Range {
    pub(in crate::config) min: Duration,
    pub(in crate::config) max: Duration,
}

impl Parse for Range {
    type Value = Duration;

    fn parse(&self, text: &str) -> Result<Duration, String> {
        let value = duration(text)?;
        if value < self.min {
            return Err("too short".to_owned());
        }
        if value > self.max {
            return Err("too long".to_owned());
        }
        Ok(value)
    }

    fn allowed(&self) -> String {
        format!("{} to {}", words(&self.min), words(&self.max))
    }
}

/// A duration from zero up to a bound, or no limit.
#[derive(Debug)]
pub(in crate::config) struct WindowRange {
    pub(in crate::config) max: Duration,
}

impl WindowRange {
    const fn range(&self) -> Range {
        Range { min: Duration::ZERO, max: self.max }
    }
}

impl Parse for WindowRange {
    type Value = Window;

    fn parse(&self, text: &str) -> Result<Window, String> {
        if text == "unlimited" { Ok(Window::Unlimited) } else { self.range().parse(text).map(Window::Limited) }
    }

    fn allowed(&self) -> String {
        format!("{}, or \"unlimited\"", self.range().allowed())
    }
}

/// Reads a duration such as `500ms`, `3s` or `1h 30m`. A bare number is refused: whoever writes 300 may mean milliseconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(format!("a duration needs a unit; write {text}s"));
    }
    let parsed = SpanParser::new().parse_unsigned_duration(text).ok();
    // The parser also reads 12:00:00, which has no unit either.
    let with_units = parsed.filter(|_| !text.contains(':'));
    with_units.ok_or_else(|| "not a duration; write a number and a unit, such as 500ms, 3s, 5m or 2h".to_owned())
}

fn words(duration: &Duration) -> String {
    SpanPrinter::new().unsigned_duration_to_string(duration)
}

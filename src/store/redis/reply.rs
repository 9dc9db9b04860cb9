//! Reads a reply item by item. Whatever is not as expected is an outage, never a panic.

use std::time::Duration;
use std::vec::IntoIter;

use jiff::Timestamp;
use redis::Value;

use crate::ports::Outage;

/// The items of a reply that are not read yet.
#[derive(Debug)]
pub(super) struct Reply(IntoIter<Value>);

impl Reply {
    pub(super) fn of(value: Value) -> Result<Self, Outage> {
        match value {
            Value::Array(items) => Ok(Self(items.into_iter())),
            _ => Err(Outage::Malformed),
        }
    }

    fn next(&mut self) -> Result<Value, Outage> {
        self.0.next().ok_or(Outage::Malformed)
    }

    pub(super) fn maybe(&mut self) -> Result<Option<String>, Outage> {
        match self.next()? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| Outage::Malformed),
            _ => Err(Outage::Malformed),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Outage> {
        self.maybe()?.ok_or(Outage::Malformed)
    }

    pub(super) fn number(&mut self) -> Result<u64, Outage> {
        self.maybe_number()?.ok_or(Outage::Malformed)
    }

    pub(super) fn maybe_number(&mut self) -> Result<Option<u64>, Outage> {
        match self.next()? {
            Value::Nil => Ok(None),
            Value::Int(number) => u64::try_from(number).map(Some).map_err(|_| Outage::Malformed),
            _ => Err(Outage::Malformed),
        }
    }

    pub(super) fn span(&mut self) -> Result<Duration, Outage> {
        self.number().map(Duration::from_micros)
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, Outage> {
        instant(&self.next()?)
    }

    pub(super) fn maybe_instant(&mut self) -> Result<Option<Timestamp>, Outage> {
        match self.next()? {
            Value::Nil => Ok(None),
            value => instant(&value).map(Some),
        }
    }

    /// A list within; none where the script says that there is none.
    pub(super) fn maybe_list(&mut self) -> Result<Option<Self>, Outage> {
        match self.next()? {
            Value::Nil => Ok(None),
            value => Self::of(value).map(Some),
        }
    }

    pub(super) fn list(&mut self) -> Result<Self, Outage> {
        self.maybe_list()?.ok_or(Outage::Malformed)
    }

    /// Reads all that is left.
    pub(super) fn all<T>(mut self, read: impl Fn(&mut Self) -> Result<T, Outage>) -> Result<Vec<T>, Outage> {
        let mut all = Vec::new();
        while self.0.len() > 0 {
            all.push(read(&mut self)?);
        }
        Ok(all)
    }
}

fn instant(value: &Value) -> Result<Timestamp, Outage> {
    match value {
        Value::Int(micros) => Timestamp::from_microsecond(*micros).map_err(|_| Outage::Malformed),
        _ => Err(Outage::Malformed),
    }
}

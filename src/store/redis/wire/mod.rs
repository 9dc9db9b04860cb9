//! Answers, readings, errors and what the mirror knows as texts. The script passes them through; only this module looks into them.
//!
//! A text that cannot be read was written by another version, or not by us: [`Outage::Foreign`].

mod answer;
mod error;
mod mirror;
mod reading;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain;
use crate::ports::Outage;

pub(super) fn of_answer(answer: domain::answer::Answer) -> Result<String, Outage> {
    write(&answer::Answer::from(answer))
}

pub(super) fn answer(text: &str) -> Result<domain::answer::Answer, Outage> {
    read::<answer::Answer>(text).map(Into::into)
}

pub(super) fn of_reading(reading: domain::snapshot::Reading) -> Result<String, Outage> {
    write(&reading::Reading::from(reading))
}

pub(super) fn reading(text: &str) -> Result<domain::snapshot::Reading, Outage> {
    read::<reading::Reading>(text)?.into_domain().ok_or(Outage::Foreign)
}

pub(super) fn of_error(error: domain::error::Error) -> Result<String, Outage> {
    write(&error::Error::from(error))
}

pub(super) fn error(text: &str) -> Result<domain::error::Error, Outage> {
    read::<error::Error>(text)?.into_domain().ok_or(Outage::Foreign)
}

pub(super) fn of_entry(entry: domain::mirror::entry::Entry) -> Result<String, Outage> {
    write(&mirror::Entry::from(entry))
}

pub(super) fn entry(text: &str) -> Result<domain::mirror::entry::Entry, Outage> {
    read::<mirror::Entry>(text).map(Into::into)
}

fn write(value: &impl Serialize) -> Result<String, Outage> {
    serde_json::to_string(value).map_err(|_| Outage::Malformed)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Outage> {
    serde_json::from_str(text).map_err(|_| Outage::Foreign)
}

//! Turns the text of a value into its type, or says why not and what is allowed.

mod address;
mod certificates;
mod collector;
mod duration;
mod files;
mod list;
mod plain;
mod portion;
mod rate;
mod ratio;
mod region;
mod secret;
mod store;
mod url;

pub(super) use address::Address;
pub(super) use certificates::CertificateFile;
pub(super) use collector::CollectorUrl;
pub(crate) use duration::duration;
pub(super) use duration::{Range, WindowRange};
pub(super) use files::{CallersFile, KeyFile, SecretsFile};
pub(super) use list::{Ids, Networks, Origins};
pub(super) use plain::{Choice, Switch, Text, WholeNumber};
pub(super) use portion::Portion;
pub(super) use rate::RateOrOff;
pub(super) use ratio::Ratio;
pub(super) use region::RegionName;
pub(super) use secret::{Secret, SecretFile};
pub(super) use store::StoreAddress;
pub(super) use url::HttpUrl;

/// Printed in place of what nobody may see.
const REDACTED: &str = "[redacted]";

/// How the text of a key becomes a value.
pub(super) trait Parse: Sync {
    /// The type of the value.
    type Value;

    /// Whether TOML writes it without quotes.
    const BARE: bool = false;

    /// The value, or what is wrong with the text.
    fn parse(&self, text: &str) -> Result<Self::Value, String>;

    /// Every text that is accepted, in words.
    fn allowed(&self) -> String;

    /// The text as it may be shown.
    fn shown<'a>(&self, text: &'a str) -> &'a str {
        text
    }
}

/// Hides an address that may carry a password or a token in it.
fn without_credentials(text: &str) -> &str {
    if text.contains(['@', '?', '#']) { REDACTED } else { text }
}

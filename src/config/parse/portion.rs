//! Parts of a whole.

use super::Parse;
use crate::config::Share;

/// More than none of it, at most all of it.
#[derive(Debug)]
pub(in crate::config) struct Portion;

/// As many digits behind the point as a [`Share`] keeps.
const DIGITS: usize = 6;

impl Parse for Portion {
    type Value = Share;

    const BARE: bool = true;

    fn parse(&self, text: &str) -> Result<Share, String> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        // Digits alone, as TOML writes them: no sign, no exponent, nothing left out before or behind the point.
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!(whole, "0" | "1") || !digits(fraction) {
            return Err(if digits(whole) && digits(fraction) { "out of range" } else { "not a number" }.to_owned());
        }
        if fraction.len() > DIGITS {
            return Err("more than six digits behind the point".to_owned());
        }
        let millionths = format!("{whole}{fraction:0<DIGITS$}").parse().map_err(|_| "not a number".to_owned())?;
        Share::millionths(millionths).ok_or_else(|| "out of range".to_owned())
    }

    fn allowed(&self) -> String {
        "a number above 0 and up to 1, such as 0.25".to_owned()
    }
}

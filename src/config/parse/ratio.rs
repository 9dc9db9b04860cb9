//! Parts of what comes by.

use super::Parse;

/// From none of it to all of it.
#[derive(Debug)]
pub(in crate::config) struct Ratio;

impl Parse for Ratio {
    type Value = f64;

    const BARE: bool = true;

    fn parse(&self, text: &str) -> Result<f64, String> {
        // Digits alone, as TOML writes them: no sign, no exponent, nothing left out before or behind the point.
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let ratio = text.parse().ok().filter(|_| digits(whole) && digits(fraction)).ok_or("not a number")?;
        if ratio > 1.0 { Err("out of range".to_owned()) } else { Ok(ratio) }
    }

    fn allowed(&self) -> String {
        "a number from 0 to 1, such as 0.05".to_owned()
    }
}

//! How often something may be done.

use std::num::NonZeroU32;

use super::Parse;
use crate::config::Rate;

/// A steady rate and a burst, or no limit.
#[derive(Debug)]
pub(in crate::config) struct RateOrOff;

/// Beyond it a limit limits nothing, and arithmetic on it stays exact.
const MOST: u32 = 1_000_000;

impl Parse for RateOrOff {
    type Value = Option<Rate>;

    fn parse(&self, text: &str) -> Result<Option<Rate>, String> {
        if text == "off" {
            return Ok(None);
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let (rate, burst) = match words[..] {
            [rate] => (rate, None),
            [rate, "burst", burst] => (rate, Some(burst)),
            _ => return Err("not a rate".to_owned()),
        };
        let (amount, unit) = rate.split_once('/').ok_or_else(|| "not a rate: it needs a unit".to_owned())?;
        let amount = number(amount)?;
        let per_minute = match unit {
            "m" => amount,
            "s" => amount.checked_mul(NonZeroU32::MIN.saturating_add(59)).ok_or_else(|| "too large".to_owned())?,
            _ => return Err("not a rate: the unit is s or m".to_owned()),
        };
        // Without a burst of its own, what comes in ten seconds may come at once.
        let usual = NonZeroU32::MIN.saturating_add((per_minute.get() / 6).saturating_sub(1));
        let burst = burst.map(number).transpose()?.unwrap_or(usual);
        Ok(Some(Rate { per_minute, burst }))
    }

    fn allowed(&self) -> String {
        format!("N/s or N/m, N from 1 to {MOST}, and perhaps a burst, such as \"60/m\" or \"5/s burst 40\"; or \"off\"")
    }
}

fn number(text: &str) -> Result<NonZeroU32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = text.parse().ok().filter(|_| digits).ok_or_else(|| format!("{text:?} is not a whole number"))?;
    NonZeroU32::new(number).filter(|number| number.get() <= MOST).ok_or_else(|| "out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_everything_else_is_refused() {
        for (text, expected) in [
            ("60/m", Some((60, 10))),
            ("5/s burst 40", Some((300, 40))),
            ("1/m", Some((1, 1))),
            ("1000000/s burst 1", Some((60_000_000, 1))),
            ("off", None),
        ] {
            let rate = RateOrOff.parse(text).unwrap();
            assert_eq!(rate.map(|rate| (rate.per_minute.get(), rate.burst.get())), expected, "{text}");
        }
        for text in
            ["", "60", "60/h", "0/m", "-1/m", "+1/m", "60/m burst", "60/m burst 0", "60/m bursts 4", "1000001/m", "on"]
        {
            assert!(RateOrOff.parse(text).is_err(), "{text}");
        }
    }
}

//! Choices, switches, text and whole numbers.

use super::Parse;

/// One of a few words.
#[derive(Debug)]
pub(in crate::config) struct Choice<T: 'static>(pub(in crate::config) &'static [(&'static str, T)]);

impl<T: Copy + Sync> Parse for Choice<T> {
    type Value = T;

    fn parse(&self, text: &str) -> Result<T, String> {
        let found = self.0.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| "no such choice".to_owned())
    }

    fn allowed(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(word, _)| format!("{word:?}")).collect();
        words.join(" or ")
    }
}

/// Yes or no.
#[derive(Debug)]
pub(in crate::config) struct Switch;

impl Parse for Switch {
    type Value = bool;

    const BARE: bool = true;

    fn parse(&self, text: &str) -> Result<bool, String> {
        text.parse().map_err(|_| "neither true nor false".to_owned())
    }

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }
}

/// Text that says something.
#[derive(Debug)]
pub(in crate::config) struct Text;

impl Parse for Text {
    type Value = String;

    fn parse(&self, text: &str) -> Result<String, String> {
        if text.is_empty() {
            return Err("empty".to_owned());
        }
        // Pasted ids bring blanks and line breaks along, and the refusal they cause upstream would not name them.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("contains a blank, a line break or a control character".to_owned());
        }
        Ok(text.to_owned())
    }

    fn allowed(&self) -> String {
        "any text without blanks".to_owned()
    }
}

/// A whole number between two bounds, both allowed.
#[derive(Debug)]
pub(in crate::config) struct WholeNumber {
    pub(in crate::config) min: u32,
    pub(in crate::config) max: u32,
}

impl Parse for WholeNumber {
    type Value = u32;

    const BARE: bool = true;

    fn parse(&self, text: &str) -> Result<u32, String> {
        // Digits alone: Rust reads +300 and 0300 too, which TOML does not or not so.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        let value = text.parse().ok().filter(|_| plain).ok_or_else(|| "not a whole number in this range".to_owned())?;
        if (self.min..=self.max).contains(&value) { Ok(value) } else { Err("out of range".to_owned()) }
    }

    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }
}

//! URLs of the services we call.

use std::cell::Cell;

use url::{ParseError, Url};

use super::{Parse, without_credentials};
use crate::loopback::is_loopback;

/// An http or https URL that paths can be appended to.
#[derive(Debug)]
pub(in crate::config) struct HttpUrl;

impl Parse for HttpUrl {
    type Value = Url;

    fn parse(&self, text: &str) -> Result<Url, String> {
        // What the parser would repair in silence (blanks, backslashes, one slash of two) is a slip worth telling.
        let violation = Cell::new(None);
        let parsed = Url::options().syntax_violation_callback(Some(&|found| violation.set(Some(found)))).parse(text);
        let url = parsed.map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => "has no scheme; begin with https://".to_owned(),
            other => format!("not a URL: {other}"),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL is shown in logs and must not carry credentials".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("paths are appended to it, so it must have no query and no fragment".to_owned());
        }
        if let Some(violation) = violation.get() {
            return Err(format!("not a well-formed URL: {}", violation.description()));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(&url) => Ok(url),
            "http" => Err("plain http would show the credentials to the network".to_owned()),
            _ => Err("neither https nor http; begin with https://".to_owned()),
        }
    }

    fn allowed(&self) -> String {
        "an https URL, or an http URL of this host (localhost, 127.0.0.1, [::1]), without user, query and fragment"
            .to_owned()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        without_credentials(text)
    }
}

//! Where spans go.

use url::{ParseError, Url};

use super::{Parse, without_credentials};

/// An http or https URL of a collector. Spans tell nothing that must not be seen inside a cluster, so plain http will do.
#[derive(Debug)]
pub(in crate::config) struct CollectorUrl;

impl Parse for CollectorUrl {
    type Value = Url;

    fn parse(&self, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => "has no scheme; begin with http:// or https://".to_owned(),
            other => format!("not a URL: {other}"),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL is shown in logs and must not carry credentials".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("paths are appended to it, so it must have no query and no fragment".to_owned());
        }
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("neither https nor http; begin with http:// or https://".to_owned());
        }
        Ok(url)
    }

    fn allowed(&self) -> String {
        "an http or https URL without user, query and fragment, such as http://collector:4317".to_owned()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        without_credentials(text)
    }
}

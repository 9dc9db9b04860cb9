//! Lists, written as one text with commas between.

use url::Url;

use super::Parse;
use crate::cidr::Cidr;
use crate::loopback::is_loopback;

/// Origins of pages.
#[derive(Debug)]
pub(in crate::config) struct Origins;

impl Parse for Origins {
    type Value = Vec<String>;

    fn parse(&self, text: &str) -> Result<Vec<String>, String> {
        items(text)?.into_iter().map(origin).collect()
    }

    fn allowed(&self) -> String {
        "origins with commas between, each https://HOST[:PORT] exactly as a browser sends it, or http:// on this host; no wildcard"
            .to_owned()
    }
}

/// Addresses and networks.
#[derive(Debug)]
pub(in crate::config) struct Networks;

impl Parse for Networks {
    type Value = Vec<Cidr>;

    fn parse(&self, text: &str) -> Result<Vec<Cidr>, String> {
        let cidr = |item: &str| Cidr::parse(item).map_err(|why| format!("{item}: {why}"));
        items(text)?.into_iter().map(cidr).collect()
    }

    fn allowed(&self) -> String {
        "addresses or networks with commas between, such as 10.0.0.0/8, 192.0.2.7, fd00::/8".to_owned()
    }
}

/// Ids of things at Genesys.
#[derive(Debug)]
pub(in crate::config) struct Ids {
    pub(in crate::config) max: usize,
}

impl Parse for Ids {
    type Value = Vec<String>;

    fn parse(&self, text: &str) -> Result<Vec<String>, String> {
        let is_id = |item: &str| item.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let id = |item: &str| if is_id(item) { Ok(item.to_owned()) } else { Err(format!("{item}: not an id")) };
        let mut ids: Vec<String> = items(text)?.into_iter().map(id).collect::<Result<_, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > self.max { Err(format!("{} of them", ids.len())) } else { Ok(ids) }
    }

    fn allowed(&self) -> String {
        format!("at most {} ids with commas between", self.max)
    }
}

fn items(text: &str) -> Result<Vec<&str>, String> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    if items.iter().any(|item| item.is_empty()) { Err("empty, or empty between commas".to_owned()) } else { Ok(items) }
}

fn origin(item: &str) -> Result<String, String> {
    if item.contains('*') {
        return Err(format!("{item}: a wildcard would let every page of that pattern act for your customers"));
    }
    let url = Url::parse(item).map_err(|_| format!("{item}: not an origin"))?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(format!("{item}: begin with https://"));
    }
    let exact = url.origin().ascii_serialization();
    if exact == item { Ok(exact) } else { Err(format!("{item}: a browser sends {exact}; write that")) }
}

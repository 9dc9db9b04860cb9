//! Takes a URL apart. The `url` crate is of no use here: it knows one host only, and repairs in silence.

use std::net::Ipv6Addr;

use secrecy::SecretString;

use super::{Credentials, RedisUrl, RedisUrlError as Wrong, Server, Topology};

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Single,
    Sentinel,
    Cluster,
}

pub(super) fn url(text: &str) -> Result<RedisUrl, Wrong> {
    let (scheme, rest) = text.split_once(':').ok_or(Wrong::NotUrl)?;
    let (kind, tls) = match scheme {
        "redis" => (Kind::Single, false),
        "rediss" => (Kind::Single, true),
        "redis+sentinel" => (Kind::Sentinel, false),
        "rediss+sentinel" => (Kind::Sentinel, true),
        "redis+cluster" => (Kind::Cluster, false),
        "rediss+cluster" => (Kind::Cluster, true),
        _ => return Err(Wrong::Scheme),
    };
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Wrong::Blank);
    }
    let rest = rest.strip_prefix("//").ok_or(no_host(kind))?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if rest.split('?').next().is_some_and(|path| path.contains('@')) {
        return Err(Wrong::UnencodedDelimiter);
    }
    if rest.contains('#') {
        return Err(Wrong::Query);
    }
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    if query.is_some() && kind != Kind::Sentinel {
        return Err(if rest.contains('@') { Wrong::UnencodedDelimiter } else { Wrong::Query });
    }
    let (user_info, hosts) = authority.rsplit_once('@').map_or((None, authority), |(info, hosts)| (Some(info), hosts));
    let credentials = user_info.map(credentials).transpose()?;
    let mut servers = servers(hosts, kind)?;
    let path = path.strip_prefix('/').unwrap_or(path);
    let topology = match kind {
        Kind::Single => match servers.pop() {
            Some(server) if servers.is_empty() => Topology::Single { server, database: database(path)? },
            _ => return Err(Wrong::SeveralHosts),
        },
        Kind::Sentinel => {
            let (primary, database_path) = path.split_once('/').unwrap_or((path, ""));
            if primary.is_empty() {
                return Err(Wrong::NoPrimary);
            }
            if !primary.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)) {
                return Err(Wrong::PrimaryName);
            }
            let database = database(database_path).map_err(|_| Wrong::PrimaryName)?;
            let credentials = query.map_or(Ok(None), sentinel_credentials)?;
            Topology::Sentinel { sentinels: servers, credentials, primary: primary.to_owned(), database }
        }
        Kind::Cluster if path.is_empty() => Topology::Cluster { seeds: servers },
        Kind::Cluster => return Err(Wrong::ClusterPath),
    };
    Ok(RedisUrl { topology, tls, credentials })
}

fn no_host(kind: Kind) -> Wrong {
    Wrong::NoHost(match kind {
        Kind::Single => "redis://host:6379",
        Kind::Sentinel => "redis+sentinel://host:26379/name",
        Kind::Cluster => "redis+cluster://host:6379",
    })
}

fn credentials(text: &str) -> Result<Credentials, Wrong> {
    let (user, password) = match text.split_once(':') {
        Some(("", "")) => return Err(Wrong::EmptyCredentials),
        None if text.is_empty() => return Err(Wrong::EmptyCredentials),
        None | Some((_, "")) => return Err(Wrong::NoPassword),
        Some(both) => both,
    };
    let user = Some(decoded(user)?).filter(|user| !user.is_empty());
    Ok(Credentials { user, password: SecretString::from(decoded(password)?) })
}

fn sentinel_credentials(query: &str) -> Result<Option<Credentials>, Wrong> {
    let (mut user, mut password) = (None, None);
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').ok_or(Wrong::SentinelQuery)?;
        let place = match name {
            "sentinel_user" => &mut user,
            "sentinel_password" => &mut password,
            _ => return Err(Wrong::SentinelQuery),
        };
        if value.is_empty() || place.replace(decoded(value)?).is_some() {
            return Err(Wrong::SentinelQuery);
        }
    }
    let password = password.ok_or(Wrong::SentinelQuery)?;
    Ok(Some(Credentials { user, password: SecretString::from(password) }))
}

fn decoded(text: &str) -> Result<String, Wrong> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or(Wrong::Percent);
        let byte =
            if byte == b'%' { u8::try_from(digit()? * 16 + digit()?).map_err(|_| Wrong::Percent)? } else { byte };
        bytes.push(byte);
    }
    String::from_utf8(bytes).map_err(|_| Wrong::Percent)
}

fn servers(hosts: &str, kind: Kind) -> Result<Vec<Server>, Wrong> {
    let default_port = if kind == Kind::Sentinel { SENTINEL_PORT } else { PORT };
    hosts.split(',').map(|text| server(text, default_port, kind)).collect()
}

fn server(text: &str, default_port: u16, kind: Kind) -> Result<Server, Wrong> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(Wrong::Host)?;
            host.parse::<Ipv6Addr>().map_err(|_| Wrong::Host)?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(Wrong::Host)?) })
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err(Wrong::Host),
            Some((host, port)) => (named(host, kind)?, Some(port)),
            None => (named(text, kind)?, None),
        },
    };
    let port = port.map_or(Ok(default_port), |port| match port.parse() {
        // Rust reads a sign, too.
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        _ => Err(Wrong::Port),
    })?;
    Ok(Server { host: host.to_owned(), port })
}

fn named(host: &str, kind: Kind) -> Result<&str, Wrong> {
    if host.is_empty() {
        Err(no_host(kind))
    } else if host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)) {
        Ok(host)
    } else {
        Err(Wrong::Host)
    }
}

fn database(path: &str) -> Result<u16, Wrong> {
    match path {
        "" => Ok(0),
        path if path.bytes().all(|byte| byte.is_ascii_digit()) => path.parse().map_err(|_| Wrong::Database),
        _ => Err(Wrong::Database),
    }
}

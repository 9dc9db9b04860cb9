//! What a URL of a store means, and what is refused.

use proptest::prelude::{prop_assert, prop_assert_eq};

use super::{Credentials, RedisUrl, RedisUrlError as Wrong, Server, Topology};

fn server(host: &str, port: u16) -> Server {
    Server { host: host.to_owned(), port }
}

fn single(host: &str, port: u16, database: u16) -> Topology {
    Topology::Single { server: server(host, port), database }
}

fn parsed(text: &str) -> RedisUrl {
    RedisUrl::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"))
}

fn hex(digit: u8) -> String {
    char::from_digit(digit.into(), 16).unwrap().to_string()
}

fn known(user: &str, password: &str) -> Credentials {
    let user = Some(user.to_owned()).filter(|user| !user.is_empty());
    Credentials { user, password: password.into() }
}

#[test]
fn a_single_server() {
    for (text, topology, tls, credentials) in [
        ("redis://host", single("host", 6379, 0), false, None),
        ("redis://host/", single("host", 6379, 0), false, None),
        ("redis://my-redis_1.svc:7000/15", single("my-redis_1.svc", 7000, 15), false, None),
        ("rediss://host:6380", single("host", 6380, 0), true, None),
        ("redis://127.0.0.1", single("127.0.0.1", 6379, 0), false, None),
        ("redis://[::1]", single("::1", 6379, 0), false, None),
        ("redis://:secret@[fe80::1]:6380/1", single("fe80::1", 6380, 1), false, Some(known("", "secret"))),
        ("redis://user:secret@host", single("host", 6379, 0), false, Some(known("user", "secret"))),
        (
            "redis://us%65r:p%40ss%2fw%3Ard%25%C3%A9@host",
            single("host", 6379, 0),
            false,
            Some(known("user", "p@ss/w:rd%é")),
        ),
        ("redis://:a:b@c@host", single("host", 6379, 0), false, Some(known("", "a:b@c"))),
        ("redis://:a,b@host", single("host", 6379, 0), false, Some(known("", "a,b"))),
        ("redis://:a[b]@host", single("host", 6379, 0), false, Some(known("", "a[b]"))),
    ] {
        let url = parsed(text);
        assert_eq!((url.topology, url.tls, url.credentials), (topology, tls, credentials), "{text}");
    }
}

#[test]
fn sentinels() {
    let url = parsed(
        "redis+sentinel://user:secret@one,[::1]:5000,three:7/my.master/3?sentinel_password=a%26b&sentinel_user=s",
    );
    let Topology::Sentinel { sentinels, credentials, primary, database } = url.topology else { panic!("no sentinels") };
    assert_eq!(sentinels, [server("one", 26379), server("::1", 5000), server("three", 7)]);
    assert_eq!((primary.as_str(), database, url.tls), ("my.master", 3, false));
    assert_eq!(credentials, Some(known("s", "a&b")));
    assert_eq!(url.credentials, Some(known("user", "secret")));

    let url = parsed("rediss+sentinel://one/mymaster");
    assert!(url.tls && url.credentials.is_none());
    let plain = Topology::Sentinel {
        sentinels: vec![server("one", 26379)],
        credentials: None,
        primary: "mymaster".to_owned(),
        database: 0,
    };
    assert_eq!(url.topology, plain);
    let Topology::Sentinel { credentials, .. } = parsed("redis+sentinel://one/m?sentinel_password=p").topology else {
        panic!("no sentinels")
    };
    assert_eq!(credentials, Some(known("", "p")));
}

#[test]
fn clusters() {
    for (text, tls) in
        [("redis+cluster://:s@one:7000,two,[::1]:7002", false), ("rediss+cluster://:s@one:7000,two,[::1]:7002/", true)]
    {
        let url = parsed(text);
        let seeds = vec![server("one", 7000), server("two", 6379), server("::1", 7002)];
        assert_eq!((url.topology, url.tls), (Topology::Cluster { seeds }, tls));
        assert_eq!(url.credentials, Some(known("", "s")));
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let no_host = Wrong::NoHost("redis://host:6379");
    for (text, wrong) in [
        ("", Wrong::NotUrl),
        ("host:6379", Wrong::Scheme),
        ("REDIS://host", Wrong::Scheme),
        ("valkey://host", Wrong::Scheme),
        ("redis+tls://host", Wrong::Scheme),
        ("redis:", no_host),
        ("redis:host", no_host),
        ("redis://", no_host),
        ("redis:///1", no_host),
        ("redis://:6379", no_host),
        ("redis://:hunter2", no_host),
        ("redis+sentinel://", Wrong::NoHost("redis+sentinel://host:26379/name")),
        ("redis+cluster://one,", Wrong::NoHost("redis+cluster://host:6379")),
        ("redis+cluster://,one", Wrong::NoHost("redis+cluster://host:6379")),
        (" redis://host", Wrong::Scheme),
        ("redis://host ", Wrong::Blank),
        ("redis://ho\nst", Wrong::Blank),
        ("redis://ho!st", Wrong::Host),
        ("redis://höst", Wrong::Host),
        ("redis://::1", Wrong::Host),
        ("redis://[::1", Wrong::Host),
        ("redis://[host]", Wrong::Host),
        ("redis://[::1]6379", Wrong::Host),
        ("redis://[fe80::1%25eth0]", Wrong::Host),
        ("redis://host:", Wrong::Port),
        ("redis://host:0", Wrong::Port),
        ("redis://host:+1", Wrong::Port),
        ("redis://host:65536", Wrong::Port),
        ("redis://host:hunter2", Wrong::Port),
        ("redis://user:hunt/er2@host", Wrong::UnencodedDelimiter),
        ("redis://:hunt/er2@host", Wrong::UnencodedDelimiter),
        ("redis://:hunt?er2@host", Wrong::UnencodedDelimiter),
        ("redis://one,two", Wrong::SeveralHosts),
        ("redis://hunter2@host", Wrong::NoPassword),
        ("redis://user:@host", Wrong::NoPassword),
        ("redis://@host", Wrong::EmptyCredentials),
        ("redis://:@host", Wrong::EmptyCredentials),
        ("redis://:50%@host", Wrong::Percent),
        ("redis://:%zz@host", Wrong::Percent),
        ("redis://:%ff@host", Wrong::Percent),
        ("redis://host/hunter2", Wrong::Database),
        ("redis://host/-1", Wrong::Database),
        ("redis://host/65536", Wrong::Database),
        ("redis://host/0/1", Wrong::Database),
        ("redis://host/0?password=hunter2", Wrong::Query),
        ("redis://host?", Wrong::Query),
        ("redis://host/0#hunter2", Wrong::Query),
        ("redis+sentinel://host", Wrong::NoPrimary),
        ("redis+sentinel://host/", Wrong::NoPrimary),
        ("redis+sentinel://host/my master", Wrong::Blank),
        ("redis+sentinel://host/my+master", Wrong::PrimaryName),
        ("redis+sentinel://host/mymaster/x", Wrong::PrimaryName),
        ("redis+sentinel://host/m?password=hunter2", Wrong::SentinelQuery),
        ("redis+sentinel://host/m?sentinel_user=hunter2", Wrong::SentinelQuery),
        ("redis+sentinel://host/m?sentinel_password=", Wrong::SentinelQuery),
        ("redis+sentinel://host/m?sentinel_password=a&sentinel_password=b", Wrong::SentinelQuery),
        ("redis+sentinel://host/m?", Wrong::SentinelQuery),
        ("redis+cluster://host/0", Wrong::ClusterPath),
        ("redis+cluster://host?x=1", Wrong::Query),
    ] {
        let told = RedisUrl::parse(text).map(|url| url.topology);
        assert_eq!(told, Err(wrong), "{text}");
    }
}

#[test]
fn servers_are_shown_as_they_are_written() {
    assert_eq!(server("::1", 6379).to_string(), "[::1]:6379");
    assert_eq!(server("host", 7).to_string(), "host:7");
}

proptest::proptest! {
    /// Every password can be written, and none is shown, wherever it stands.
    #[test]
    fn every_password_comes_through_and_none_is_shown(password in "[^\u{0}-\u{20}\u{7f}]{6,24}", at in 0..8_usize) {
        let encoded: String = password.bytes().flat_map(|byte| ["%".to_owned(), hex(byte >> 4), hex(byte & 15)]).collect();
        let url = parsed(&format!("redis://user:{encoded}@host"));
        let debug = format!("{url:?}{url:#?}");
        prop_assert!(!debug.contains(&password), "{debug}");
        prop_assert_eq!(url.credentials, Some(known("user", &password)));
        let anywhere = [
            format!("redis://:{password}@host"),
            format!("redis://{password}@host"),
            format!("redis://host:{password}"),
            format!("redis://{password}"),
            format!("redis+cluster://one,{password}"),
            format!("redis+sentinel://host/{password}"),
            format!("redis+sentinel://host/m?sentinel_password={password}"),
            format!("{password}://host"),
        ];
        match RedisUrl::parse(&anywhere[at]) {
            Ok(url) => prop_assert!(at > 1 && at != 6 || !format!("{url:?}").contains(&password), "{url:?}"),
            Err(wrong) => {
                let told = format!("{wrong:?} {wrong}");
                prop_assert!(!told.contains(&password), "{told}");
            }
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "(rediss?(\\+(sentinel|cluster))?:(//)?)?[a-z0-9:@/?#,%\\[\\]. &=_-]{0,40}") {
        let _ = RedisUrl::parse(&text);
    }
}

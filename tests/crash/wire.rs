//! What travels between a replica and its neighbours: where one request or reply ends, and what a request asks for.

/// The language spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Redis,
    Http,
}

impl Dialect {
    /// The first request in these bytes: its length and its name. None while it is not whole.
    ///
    /// A step of the store's script goes by the step's name, another command by its own; a call to Genesys by its route.
    pub(crate) fn request(self, bytes: &[u8]) -> Option<(usize, String)> {
        match self {
            Self::Redis => {
                let (words, end) = command(bytes)?;
                let script = matches!(words.first(), Some(&(b"EVALSHA" | b"EVAL")));
                // EVALSHA, digest, number of keys, two keys, step.
                let name = words.get(if script { 5 } else { 0 }).copied().unwrap_or_default();
                Some((end, String::from_utf8_lossy(name).to_lowercase()))
            }
            Self::Http => {
                let end = message(bytes)?;
                let head = String::from_utf8_lossy(&bytes[..end]);
                let mut words = head.split(' ');
                let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                Some((end, route(method, path).to_owned()))
            }
        }
    }

    /// The length of the first reply in these bytes. None while it is not whole.
    pub(crate) fn reply(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Redis => value(bytes, 0),
            Self::Http => message(bytes),
        }
    }
}

fn route(method: &str, path: &str) -> &'static str {
    match (method, path) {
        ("PATCH", _) => "patch",
        ("GET", path) if path.ends_with("/messages") => "transcript",
        ("POST", path) if path.ends_with("/messages") => "post",
        (_, "/oauth/token") => "token",
        _ => "read",
    }
}

/// The text of the line that begins here, and where the next one does.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = bytes.get(at..)?.windows(2).position(|pair| pair == b"\r\n")?;
    Some((&bytes[at..at + length], at + length + 2))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

/// The words of a command, as a client sends it: a list of texts.
fn command(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let (head, mut at) = line(bytes, 0)?;
    let mut words = Vec::new();
    for _ in 0..number(&head[1..])? {
        let (length, begin) = line(bytes, at)?;
        let end = begin + number(&length[1..])?;
        words.push(bytes.get(begin..end)?);
        at = end + 2;
    }
    (at <= bytes.len()).then_some((words, at))
}

/// Where the value of a reply ends that begins here.
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    let (head, next) = line(bytes, at)?;
    // Less than nothing is null.
    let count = || number(&head[1..]);
    match head.first()? {
        b'$' | b'=' | b'!' => {
            count().map_or(Some(next), |length| Some(next + length + 2)).filter(|end| *end <= bytes.len())
        }
        b'*' | b'~' | b'>' => (0..count().unwrap_or(0)).try_fold(next, |at, _| value(bytes, at)),
        b'%' => (0..2 * count()?).try_fold(next, |at, _| value(bytes, at)),
        _ => Some(next),
    }
}

/// Where an HTTP message ends: both sides say how long their bodies are.
fn message(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let end = head + length.unwrap_or(0);
    (end <= bytes.len()).then_some(end)
}

#[test]
fn requests_and_replies_end_where_they_end() {
    let step = b"*7\r\n$7\r\nEVALSHA\r\n$2\r\nab\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\nl\r\n$4\r\njoin\r\n$0\r\n\r\n";
    let cases: [(Dialect, &[u8], &str); 5] = [
        (Dialect::Redis, step, "join"),
        (Dialect::Redis, b"*1\r\n$4\r\nTIME\r\n", "time"),
        (Dialect::Http, b"PATCH /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "patch"),
        (Dialect::Http, b"POST /x/messages HTTP/1.1\r\ncontent-length: 0\r\n\r\n", "post"),
        (Dialect::Http, b"GET /x/messages HTTP/1.1\r\n\r\n", "transcript"),
    ];
    for (dialect, bytes, name) in cases {
        let two = [bytes, bytes].concat();
        assert_eq!(dialect.request(&two), Some((bytes.len(), name.to_owned())));
        assert!((0..bytes.len()).all(|part| dialect.request(&bytes[..part]).is_none()), "{name}");
    }
    let replies: [(Dialect, &[u8]); 6] = [
        (Dialect::Redis, b"+OK\r\n"),
        (Dialect::Redis, b"$-1\r\n"),
        (Dialect::Redis, b"*2\r\n$2\r\nok\r\n*2\r\n:1\r\n*-1\r\n"),
        (Dialect::Redis, b"%1\r\n+a\r\n:1\r\n"),
        (Dialect::Redis, b"-NOSCRIPT none\r\n"),
        (Dialect::Http, b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"),
    ];
    for (dialect, bytes) in replies {
        let two = [bytes, bytes].concat();
        assert_eq!(dialect.reply(&two), Some(bytes.len()));
        assert!((0..bytes.len()).all(|part| dialect.reply(&bytes[..part]).is_none()));
    }
}

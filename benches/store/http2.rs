//! As much HTTP/2 as a gRPC load needs.
//!
//! A whole client would cost more than the server it asks and measure itself. Header blocks of answers are not decoded: a
//! call counts as answered when the right message has come and the stream has ended.

use anyhow::ensure;

/// What a client says first: its preface, settings, and that it takes as much as it is sent.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
    \x00\x00\x00\x04\x00\x00\x00\x00\x00\
    \x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\x00\x00";
const PATH: &str = "/sessionresumption.v1.SessionResumption/ValidateSession";
const HEADER: usize = 9;
const LOW_31_BITS: u32 = 0x7fff_ffff;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame from the server, as far as it matters here.
#[derive(Debug)]
pub(crate) enum Frame<'a> {
    /// Part of an answer's body.
    Data { stream: u32, bytes: &'a [u8] },
    /// Headers or trailers, of which only the end of the stream is noticed.
    Headers { stream: u32, last: bool },
    /// More may be sent on the connection.
    Window { more: usize },
    /// Must be acknowledged with these bytes.
    Acknowledge { kind: u8, bytes: &'a [u8] },
    /// The server gave up the stream or the connection.
    Refused,
    /// Nothing to do.
    Other,
}

/// Takes the first frame off `input`, once all of it is there.
pub(crate) fn take<'a>(input: &mut &'a [u8]) -> Option<Frame<'a>> {
    let (header, rest) = input.split_first_chunk::<HEADER>()?;
    // Three bytes of length, the kind, the flags, and the stream.
    let length = u32::from_be_bytes(*header.first_chunk()?) >> 8;
    let (kind, flags) = (header[3], header[4]);
    let stream = u32::from_be_bytes(*header.last_chunk()?) & LOW_31_BITS;
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *input = rest;
    Some(match kind {
        DATA => Frame::Data { stream, bytes },
        HEADERS => Frame::Headers { stream, last: flags & END_STREAM != 0 },
        SETTINGS if flags & ACK == 0 => Frame::Acknowledge { kind, bytes: &[] },
        PING if flags & ACK == 0 => Frame::Acknowledge { kind, bytes },
        WINDOW_UPDATE if stream == 0 => {
            let more = bytes.first_chunk().map_or(0, |more| u32::from_be_bytes(*more) & LOW_31_BITS);
            Frame::Window { more: usize::try_from(more).ok()? }
        }
        RST_STREAM | GOAWAY => Frame::Refused,
        _ => Frame::Other,
    })
}

/// Acknowledges settings or a ping.
pub(crate) fn acknowledge(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    frame(out, kind, ACK, 0, bytes);
}

/// The client's half of a connection: writes one request again and again, each on the next stream.
#[derive(Debug)]
pub(crate) struct Requests<'a> {
    body: &'a [u8],
    headers: Vec<u8>,
    next: u32,
    window: usize,
}

impl<'a> Requests<'a> {
    /// Opens the connection. `body` is what each request sends.
    pub(crate) fn open(out: &mut Vec<u8>, authority: &str, body: &'a [u8]) -> Self {
        out.extend_from_slice(PREFACE);
        Self { body, headers: first_headers(authority), next: 1, window: 65_535 }
    }

    /// Writes a request and says on which stream.
    pub(crate) fn send(&mut self, out: &mut Vec<u8>) -> anyhow::Result<u32> {
        let stream = self.next;
        self.next += 2;
        ensure!(self.window >= self.body.len(), "the server does not open its window");
        self.window -= self.body.len();
        frame(out, HEADERS, END_HEADERS, stream, &self.headers);
        frame(out, DATA, END_STREAM, stream, self.body);
        if stream == 1 {
            // POST, http, and the entries that the first block left in the server's table, oldest first.
            self.headers = vec![0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe];
        }
        Ok(stream)
    }

    /// Notes that more may be sent.
    pub(crate) fn widen(&mut self, more: usize) {
        self.window += more;
    }
}

/// POST, http, and five entries that the server has to remember, as real clients send them.
fn first_headers(authority: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    let mut remembered = |name: u8, texts: &[&str]| {
        block.push(0x40 | name);
        for text in texts {
            // A length that fits in one byte, and no Huffman code.
            block.push(u8::try_from(text.len()).unwrap_or_default() & 0x7f);
            block.extend_from_slice(text.as_bytes());
        }
    };
    remembered(4, &[PATH]);
    remembered(1, &[authority]);
    remembered(31, &["application/grpc"]);
    remembered(0, &["te", "trailers"]);
    remembered(58, &["bench"]);
    block
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, bytes: &[u8]) {
    // Our frames are far smaller than three bytes can tell.
    let [_, a, b, c] = u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes();
    out.extend_from_slice(&[a, b, c, kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(bytes);
}

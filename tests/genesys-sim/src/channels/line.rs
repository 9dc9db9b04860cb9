//! The two ends of one socket: whoever has something to say holds the line, the socket's task does as it is told.

use tokio::sync::mpsc;

/// How many frames a slow reader may fall behind before its socket is cut.
pub(crate) const BACKLOG: usize = 1024;

/// The sending end. Dropping it cuts the socket without a farewell.
#[derive(Debug)]
pub(crate) struct Line(mpsc::Sender<Order>);

/// The receiving end; when it runs dry for good, the socket is to be cut.
pub(crate) type Orders = mpsc::Receiver<Order>;

/// What a socket is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Send(String),
    Close(u16, &'static str),
}

/// The line is full or its socket is gone.
#[derive(Debug)]
pub(crate) struct Broken;

// === impl Line ===

impl Line {
    pub(crate) fn new() -> (Self, Orders) {
        let (sender, orders) = mpsc::channel(BACKLOG);
        (Self(sender), orders)
    }

    pub(crate) fn send(&self, text: String) -> Result<(), Broken> {
        self.0.try_send(Order::Send(text)).map_err(|_| Broken)
    }

    /// Says goodbye after all that was sent before. A socket too slow to hear it is cut.
    pub(crate) fn close(self, code: u16, reason: &'static str) {
        let _ = self.0.try_send(Order::Close(code, reason));
    }
}

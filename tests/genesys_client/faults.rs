//! The ways in which Genesys misbehaves.

use genesys_sim::Fault;

pub(crate) const RESET: Fault = Fault::Reset { after_effect: false };
pub(crate) const RESET_AFTER: Fault = Fault::Reset { after_effect: true };
pub(crate) const HANG: Fault = Fault::Hang { ms: 30_000 };

pub(crate) fn status(code: u16) -> Fault {
    Fault::Status { code, retry_after_s: None, after_effect: false }
}

pub(crate) fn status_after(code: u16, seconds: u64) -> Fault {
    Fault::Status { code, retry_after_s: Some(seconds), after_effect: false }
}

pub(crate) fn body(status: u16, body: &str) -> Fault {
    Fault::Body { status, content_type: "application/json".to_owned(), body: body.to_owned() }
}

//! What a request's headers ask for, and whether we can do it.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use tonic::Status;

use crate::domain::error::{Error, Reason};
use crate::layers::deadline::connect_timeout;
use crate::server::grpc::status;

/// Refuses what we do not speak, rather than to take it for something else.
pub(in crate::server) fn check(headers: &HeaderMap) -> Result<(), Status> {
    let refuse = |message: &str| status(Error::new(Reason::MalformedRequest, message));
    if headers.get_all("connect-protocol-version").iter().any(|version| version != "1") {
        return Err(refuse("the header Connect-Protocol-Version must be 1, or be left out"));
    }
    // The deadline layer went by it already, if it could.
    connect_timeout(headers)
        .map_err(|_| refuse("the header Connect-Timeout-Ms must be a number of at most 10 digits, or be left out"))?;
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Status::unimplemented("the request is compressed; the supported encodings are: identity"));
    }
    Ok(())
}

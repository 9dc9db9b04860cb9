//! Names each request: as its caller does in `x-request-id`, if that is a usable name, or with one of our own. The answer repeats it.

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::RequestIdLayer;
pub use service::SetRequestId;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header's name.
pub const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name taken over, in characters.
const LONGEST: usize = 128;

/// A request's name, in its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub HeaderValue);

impl RequestId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// What the caller names the request, if it is one name of letters that need no escaping anywhere.
fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(NAME).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let usable = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
    let bytes = value.as_bytes();
    ((1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(usable)).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::{Request, Response};
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;

    async fn named(values: &[&str]) -> (String, String) {
        let seen = service_fn(async |request: Request<()>| {
            Ok::<_, Infallible>(Response::new(request.extensions().get::<RequestId>().unwrap().as_str().to_owned()))
        });
        let mut request = Request::new(());
        for value in values {
            request.headers_mut().append(NAME, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let layer = RequestIdLayer::new(|| uuid::Uuid::from_u128(7));
        let answer = layer.layer(seen).oneshot(request).await.unwrap();
        (answer.body().clone(), answer.headers()[NAME].to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_usable_name_is_kept_and_anything_else_replaced() {
        let ours = uuid::Uuid::from_u128(7).to_string();
        let (longest, longer) = ("a".repeat(LONGEST), "a".repeat(LONGEST + 1));
        for (given, expected) in [
            (&["req-1.a_b~C"][..], "req-1.a_b~C"),
            (&[longest.as_str()], longest.as_str()),
            (&[longer.as_str()], &ours),
            (&[""], &ours),
            (&["a b"], &ours),
            (&["a\"b"], &ours),
            (&["\u{e9}"], &ours),
            (&["one", "two"], &ours),
            (&[], &ours),
        ] {
            assert_eq!(named(given).await, (expected.to_owned(), expected.to_owned()), "{given:?}");
        }
    }
}

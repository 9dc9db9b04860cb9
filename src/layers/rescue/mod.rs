//! Turns what the layers inside refuse with into an answer of the request's protocol. What comes out cannot fail.

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::RescueLayer;
pub use service::Rescue;

use http::HeaderMap;

use super::BoxError;
use crate::domain::error::{Error, Reason};

/// The answer that tells of an error.
pub type Answer<B> = fn(Error) -> http::Response<B>;

/// An error whose answer has headers of its own.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Headed {
    /// What went wrong.
    pub error: Error,
    /// What the answer says besides.
    pub headers: HeaderMap,
}

/// What callers are told, and which headers go with it.
fn told(error: BoxError) -> (Error, HeaderMap) {
    let error = match error.downcast::<Headed>() {
        Ok(headed) => return (headed.error, headed.headers),
        Err(other) => other,
    };
    let error = error.downcast::<Error>().map_or_else(
        |unknown| {
            // Its own words are for the log alone: nobody knows what they hold.
            tracing::error!(error = %unknown, "a layer failed with an error that is none of ours");
            Error::new(Reason::Internal, "the call failed for a cause of ours; please report it")
        },
        |ours| *ours,
    );
    (error, HeaderMap::new())
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request, Response};
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "an answer takes the error whole")]
    fn answer(error: Error) -> Response<String> {
        Response::new(format!("{}: {}", error.reason.wire(), error.message))
    }

    async fn rescued(error: impl Into<BoxError>) -> Response<String> {
        let error: BoxError = error.into();
        let mut error = Some(error);
        let failing = service_fn(move |_: Request<()>| {
            let error = error.take().unwrap();
            async move { Err::<Response<String>, BoxError>(error) }
        });
        let service = ServiceBuilder::new().layer(RescueLayer::new(answer)).service(failing);
        service.oneshot(Request::new(())).await.unwrap_or_else(|never| match never {})
    }

    #[tokio::test]
    async fn our_errors_are_told_as_they_are_and_others_not_at_all() {
        let ours = Error::new(Reason::Overloaded, "come back");
        assert_eq!(rescued(ours.clone()).await.body(), "OVERLOADED: come back");
        let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, HeaderValue::from_static("7"))]);
        let headed = rescued(Headed { error: ours, headers }).await;
        assert_eq!(
            (headed.body().as_str(), &headed.headers()["retry-after"]),
            ("OVERLOADED: come back", &"7".parse().unwrap())
        );
        let strange = rescued("password=hunter2").await;
        assert!(strange.body().starts_with("INTERNAL: ") && !strange.body().contains("hunter2"), "{}", strange.body());
    }

    #[tokio::test]
    async fn what_succeeds_passes_untouched() {
        let fine = service_fn(async |_: Request<()>| Ok::<_, BoxError>(Response::new("fine".to_owned())));
        let service = ServiceBuilder::new().layer(RescueLayer::new(answer)).service(fine);
        assert_eq!(service.oneshot(Request::new(())).await.unwrap().body(), "fine");
    }
}

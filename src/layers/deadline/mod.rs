//! Ends a call at its deadline, with an error that says so. Handlers find the [`Deadline`] in the request's extensions.

mod future;
mod layer;
mod service;
mod timeout;

pub use future::ResponseFuture;
pub use layer::DeadlineLayer;
pub use service::DeadlineService;
pub use timeout::{Unreadable, connect as connect_timeout};

use tokio::time::Instant;

use crate::domain::error::Error;

/// When the caller of a request stops waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);

/// What a call ends with whose deadline passed.
pub type Expired = fn() -> Error;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{Request, Response};
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;
    use crate::domain::error::Reason;
    use crate::layers::BoxError;

    async fn asked(timeout: Option<&str>, takes: Duration) -> (Result<Duration, Reason>, Duration) {
        let began = Instant::now();
        let service = service_fn(move |request: Request<()>| async move {
            let Deadline(deadline) = *request.extensions().get().unwrap();
            tokio::time::sleep(takes).await;
            Ok::<_, BoxError>(Response::new(deadline))
        });
        let mut request = Request::new(());
        if let Some(timeout) = timeout {
            request.headers_mut().insert("grpc-timeout", timeout.parse().unwrap());
        }
        let layer = DeadlineLayer::new(Duration::from_secs(30), || Error::new(Reason::DeadlineExceeded, "late"));
        let outcome = layer.layer(service).oneshot(request).await;
        let outcome = outcome.map(|response| response.into_body().duration_since(began));
        (outcome.map_err(|error| error.downcast::<Error>().unwrap().reason), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_at_its_own_deadline_or_at_the_longest_a_little_early() {
        let (forever, second) = (Duration::from_hours(1), Duration::from_secs(1));
        for (timeout, ended) in
            [(Some("2S"), 1_990), (Some("100m"), 90), (Some("1H"), 30_000), (None, 30_000), (Some("?"), 30_000)]
        {
            let (outcome, elapsed) = asked(timeout, forever).await;
            assert_eq!((outcome, elapsed.as_millis()), (Err(Reason::DeadlineExceeded), ended), "{timeout:?}");
        }
        assert_eq!(asked(Some("2S"), second).await, (Ok(Duration::from_millis(1_990)), second));
    }
}

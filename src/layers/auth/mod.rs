//! Finds out who calls, before anything of the body is read.
//!
//! How that is done is the server's; this layer asks for it, within the call's deadline, and puts what it says beside the request.

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::AuthLayer;
pub use service::Auth;

use futures_util::future::BoxFuture;
use http::request::Parts;

use crate::domain::error::Error;

/// Judges the head of a request.
pub trait Authenticate: Clone + Send + 'static {
    /// Adds who calls to the head's extensions, or says why the request goes no further.
    fn authenticate(&self, head: Parts) -> BoxFuture<'static, Result<Parts, Error>>;
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http::{Request, Response};
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;
    use crate::domain::error::Reason;
    use crate::layers::BoxError;

    #[derive(Clone)]
    struct ByName;

    impl Authenticate for ByName {
        fn authenticate(&self, mut head: Parts) -> BoxFuture<'static, Result<Parts, Error>> {
            async move {
                tokio::task::yield_now().await;
                let name = head.headers.remove("name").ok_or_else(|| Error::new(Reason::Unauthenticated, "no name"))?;
                head.extensions.insert(name);
                Ok(head)
            }
            .boxed()
        }
    }

    async fn asked(name: Option<&str>) -> Result<String, Error> {
        let greeting = service_fn(async |request: Request<&'static str>| {
            let name = request.extensions().get::<http::HeaderValue>().unwrap().to_str().unwrap();
            Ok::<_, BoxError>(Response::new(format!("{} {name}", request.body())))
        });
        let mut request = Request::new("hello");
        if let Some(name) = name {
            request.headers_mut().insert("name", name.parse().unwrap());
        }
        let outcome = AuthLayer::new(ByName).layer(greeting).oneshot(request).await;
        outcome.map(Response::into_body).map_err(|error| *error.downcast::<Error>().unwrap())
    }

    #[tokio::test]
    async fn the_inner_service_learns_who_calls_or_is_not_called() {
        assert_eq!(asked(Some("ann")).await, Ok("hello ann".to_owned()));
        assert_eq!(asked(None).await.unwrap_err().reason, Reason::Unauthenticated);
    }
}

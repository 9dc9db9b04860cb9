//! Takes so many calls at once and turns further ones away at once, before they cost anything.

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::LoadShedLayer;
pub use service::LoadShed;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{Request, Response};
    use tokio::sync::oneshot;
    use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

    use super::*;
    use crate::domain::error::{Error, Reason};
    use crate::layers::BoxError;

    fn back_in() -> Duration {
        Duration::from_millis(700)
    }

    #[tokio::test]
    async fn the_call_too_many_is_turned_away_and_an_ended_one_makes_room() {
        let (release, held) = oneshot::channel::<()>();
        let mut held = Some(held);
        let service = service_fn(move |_: Request<()>| {
            let held = held.take();
            async move {
                if let Some(held) = held {
                    let _ = held.await;
                }
                Ok::<_, BoxError>(Response::new(()))
            }
        });
        let mut service = LoadShedLayer::new(1, back_in).layer(service);
        let first = service.ready().await.unwrap().call(Request::new(()));
        let refused = service.ready().await.unwrap().call(Request::new(())).await.unwrap_err();
        let refused = refused.downcast::<Error>().unwrap();
        assert_eq!((refused.reason, refused.retry_after), (Reason::Overloaded, Some(Duration::from_millis(700))));
        release.send(()).unwrap();
        first.await.unwrap();
        service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_makes_room_and_clones_share_it() {
        let never = service_fn(|_: Request<()>| std::future::pending::<Result<Response<()>, BoxError>>());
        let mut service = LoadShedLayer::new(1, back_in).layer(never);
        let mut other = service.clone();
        let call = service.ready().await.unwrap().call(Request::new(()));
        assert!(other.ready().await.unwrap().call(Request::new(())).await.is_err());
        drop(call);
        let mut call = Box::pin(other.ready().await.unwrap().call(Request::new(())));
        assert!(futures_util::poll!(&mut call).is_pending());
    }
}

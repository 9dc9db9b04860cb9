//! Counts calls and their durations: `session_resumption_rpc_duration_seconds`, by service, method, protocol and code. One
//! histogram gives the rate, the errors and the durations.

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::RpcMetricsLayer;
pub use service::RpcMetrics;

use http::Response;

/// What a call is counted under. Names come from the contract, so that callers cannot invent series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The service's full name.
    pub service: &'static str,
    /// The method's name.
    pub method: &'static str,
    /// The protocol it came by.
    pub protocol: &'static str,
}

/// The code an answer is counted under.
pub type Code<B> = fn(&Response<B>) -> &'static str;

/// Counted for calls whose caller left.
const LEFT: &str = "CANCELLED";

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::{Request, Response};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

    use super::*;

    #[test]
    fn calls_are_counted_by_how_they_end() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let rendered = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            let layer = RpcMetricsLayer::new(
                |request: &Request<bool>| Call {
                    service: "s",
                    method: if *request.body() { "m" } else { "n" },
                    protocol: "p",
                },
                |_: &Response<()>| "OK",
            );
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let hanging = service_fn(|request: Request<bool>| async move {
                    if !request.into_body() {
                        std::future::pending::<()>().await;
                    }
                    Ok::<_, Infallible>(Response::new(()))
                });
                let mut service = layer.layer(hanging);
                service.ready().await.unwrap().call(Request::new(true)).await.unwrap();
                let mut left = Box::pin(service.call(Request::new(false)));
                assert!(futures_util::poll!(&mut left).is_pending());
            });
        });
        let text = rendered.render();
        for (method, code) in [("m", "OK"), ("n", "CANCELLED")] {
            let line = format!(
                r#"session_resumption_rpc_duration_seconds_count{{service="s",method="{method}",protocol="p",code="{code}"}} 1"#
            );
            assert!(text.contains(&line), "{line}\n{text}");
        }
    }
}

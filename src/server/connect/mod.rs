//! The calls by plain HTTP: the Connect protocol's unary form, as JSON or protobuf.
//!
//! Every method is answered by the gRPC service's own handler, so that both protocols check, answer, refuse and count alike.
//! The protocol: <https://connectrpc.com/docs/protocol>.

mod codec;
mod error;
mod headers;
pub(super) mod media_type;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, post};
use http::header::CONTENT_TYPE;
use prost::Message;
use prost_reflect::MethodDescriptor;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::descriptors::{BrokenDescriptors, method};
use super::grpc::{NOT_A_MESSAGE, Server, status};
use super::openapi;
use crate::domain::error::{Error, Reason};
use crate::pb::session_registry_server::{self, SessionRegistry as _};
use crate::pb::session_resumption_server::{self, SessionResumption as _};
use codec::Codec;

pub(super) use error::{answer, code, code_of, detail, response};
pub(super) use headers::check as check_headers;

/// The routes of all methods, and of these pages beside them. Whatever they do not know is refused in the protocol's own form.
pub(super) fn router(server: &Server, pages: Router) -> Result<Router, BrokenDescriptors> {
    let of_resumption = |name| method(session_resumption_server::SERVICE_NAME, name);
    let of_registry = |name| method(session_registry_server::SERVICE_NAME, name);
    let validate = of_resumption("ValidateSession")?;
    let confirm = of_resumption("ConfirmReattach")?;
    let inject = of_resumption("InjectContext")?;
    let register = of_registry("RegisterSession")?;
    let issue = of_registry("IssueSessionToken")?;
    Ok(Router::new()
        .route(&path(&validate), unary(server, validate, |server, it| async move { server.validate_session(it).await }))
        .route(&path(&confirm), unary(server, confirm, |server, it| async move { server.confirm_reattach(it).await }))
        .route(&path(&inject), unary(server, inject, |server, it| async move { server.inject_context(it).await }))
        .route(&path(&register), unary(server, register, |server, it| async move { server.register_session(it).await }))
        .route(&path(&issue), unary(server, issue, |server, it| async move { server.issue_session_token(it).await }))
        .merge(openapi::router()?)
        .merge(pages)
        .fallback(async || error::no_such_path())
        .method_not_allowed_fallback(async || error::only_post())
        // The stack has bounded it.
        .layer(DefaultBodyLimit::disable()))
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// One method: reads the message, lets the gRPC service answer, writes its answer.
fn unary<Q, A, F>(
    server: &Server,
    method: MethodDescriptor,
    call: impl Fn(Server, tonic::Request<Q>) -> F + Clone + Send + Sync + 'static,
) -> MethodRouter
where
    Q: Message + Default + 'static,
    A: Message,
    F: Future<Output = Result<tonic::Response<A>, Status>> + Send,
{
    let server = server.clone();
    post(async move |request: Request| {
        let Some(codec) = Codec::of(request.headers()) else { return error::unsupported_media_type() };
        let answer = async {
            let message = read(codec, &method, request).await?;
            let answer = call(server, message).await?;
            codec.encode(method.output(), answer.get_ref())
        };
        match answer.await {
            Ok(bytes) => ([(CONTENT_TYPE, codec.media_type())], bytes).into_response(),
            Err(status) => response(&status),
        }
    })
}

/// The request as the gRPC service expects it: what layers put beside it goes with it.
async fn read<Q: Message + Default>(
    codec: Codec,
    method: &MethodDescriptor,
    mut request: Request,
) -> Result<tonic::Request<Q>, Status> {
    headers::check(request.headers())?;
    // A copy: the limit of the body stands there too.
    let extensions = request.extensions().clone();
    let headers = std::mem::take(request.headers_mut());
    let unread = |_| status(Error::new(Reason::MalformedRequest, NOT_A_MESSAGE));
    let bytes = Bytes::from_request(request, &()).await.map_err(unread)?;
    let message = codec.decode(method.input(), &bytes).map_err(status)?;
    Ok(tonic::Request::from_parts(MetadataMap::from_headers(headers), extensions, message))
}

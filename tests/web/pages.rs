//! A site: pages on another port than the service's, so of another origin.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The files of a directory, served for as long as this lives.
pub(crate) struct Pages {
    addr: SocketAddr,
    serving: JoinHandle<()>,
}

impl Pages {
    pub(crate) async fn serve(directory: PathBuf) -> Self {
        fs::create_dir(&directory).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router =
            Router::new().route("/{name}", get(async move |Path(name): Path<String>| file(directory.join(name))));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { addr, serving }
    }

    /// The origin that may call.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The same pages under another name: an origin that may not.
    pub(crate) fn other_origin(&self) -> String {
        format!("http://localhost:{}", self.addr.port())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn file(path: PathBuf) -> Response {
    let kind =
        if path.extension().is_some_and(|extension| extension == "js") { "text/javascript" } else { "text/html" };
    match fs::read(path) {
        Ok(bytes) => ([(CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

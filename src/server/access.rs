//! Who may come in: what a request shows of its caller, who that is, and whether the call is open to them.
//!
//! All of it is judged by the head of the request: before anything of the body is read, whoever may not call is told so.

mod shown;

use std::sync::Arc;

use axum::http::HeaderValue;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::ORIGIN;
use http::request::Parts;
use http::{Extensions, HeaderMap};

pub(super) use self::shown::COOKIE;
use self::shown::{Credentials, Unreadable};
use super::protocol;
use crate::auth::{Authenticator, Identified, SessionToken};
use crate::domain::access::{Method, allows};
use crate::domain::error::{Error, Reason};
use crate::domain::principal::{Identity, Principal, Role};
use crate::layers::auth::Authenticate;
use crate::peer::Peer;
use crate::service::sessions::Sessions;

/// Judges requests. Clones share everything.
#[derive(Debug, Clone)]
pub struct Access {
    authenticator: Arc<Authenticator>,
    sessions: Sessions,
    /// The origins of pages whose cookies count.
    origins: Arc<[HeaderValue]>,
    /// Nobody is named, so whoever connects from this host is a trusted service.
    trusts_loopback: bool,
}

impl Access {
    /// Judges by these credentials, session tokens as their lines say. Cookies count only from pages of these origins.
    pub fn new(
        authenticator: Arc<Authenticator>,
        sessions: Sessions,
        origins: Arc<[HeaderValue]>,
        trusts_loopback: bool,
    ) -> Self {
        Self { authenticator, sessions, origins, trusts_loopback }
    }

    async fn identify(&self, head: &Parts) -> Result<Identified, Error> {
        let credentials = match Credentials::of(&head.headers) {
            Ok(credentials) => credentials,
            Err(Unreadable) => return Ok(Identity::Refused.into()),
        };
        let peer = head.extensions.get::<Peer>();
        let certificates = peer.map_or(&[][..], |peer| &peer.certificates);
        let with_cookie = self.comes_from_a_page_of_ours(&head.headers);
        let shown = credentials.shown(certificates, with_cookie);
        let identified = self.admitted(self.authenticator.identify(shown).await?).await;
        let nothing_shown = credentials.is_empty() && certificates.is_empty();
        if nothing_shown && self.trusts_loopback && is_of_this_host(peer, &head.headers) {
            return Ok(Identity::Known(Principal::service("loopback")).into());
        }
        Ok(identified)
    }

    /// A session token counts only as long as its line says: it may have been replaced, or ended.
    async fn admitted(&self, identified: Identified) -> Identified {
        match &identified {
            Identified {
                identity: Identity::Known(principal) | Identity::Lapsed(principal),
                session_token: Some(SessionToken { line, generation, .. }),
            } if !self.sessions.admit(principal, *line, *generation).await => Identity::Nobody.into(),
            _ => identified,
        }
    }

    /// A browser sends the cookie whichever page asks it to; only the page's origin tells whose wish it is.
    fn comes_from_a_page_of_ours(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) => self.origins.contains(origin),
            _ => false,
        }
    }

    /// Lets in whoever runs the service: those named as operators, and on this host everybody while nobody is named.
    pub(super) async fn admit_operator(&self, head: &Parts) -> Result<(), Error> {
        match self.identify(head).await?.identity {
            Identity::Known(principal) if self.trusts_loopback && principal.role == Role::Service => Ok(()),
            identity => check(&identity, Method::Debug),
        }
    }

    async fn judge(&self, head: &mut Parts) -> Result<(), Error> {
        let identified = self.identify(head).await?;
        if let Some(method) = protocol::method(head.uri.path()) {
            check(&identified.identity, method)?;
        }
        head.extensions.insert(identified);
        Ok(())
    }
}

impl Authenticate for Access {
    fn authenticate(&self, mut head: Parts) -> BoxFuture<'static, Result<Parts, Error>> {
        let this = self.clone();
        async move { this.judge(&mut head).await.map(|()| head) }.boxed()
    }
}

/// Whether the other end is a program on this host that asks for itself. A page in a browser asks for whoever made it, and a proxy for
/// whoever called it.
fn is_of_this_host(peer: Option<&Peer>, headers: &HeaderMap) -> bool {
    let local = peer.is_some_and(|peer| peer.addr.ip().to_canonical().is_loopback());
    let for_another = [ORIGIN.as_str(), "x-forwarded-for", "forwarded", "sec-fetch-site"];
    local && !for_another.iter().any(|name| headers.contains_key(*name))
}

/// Whether a call is open to a caller. One that nobody knows may ask what to do, and is told to sign in.
fn check(identity: &Identity, method: Method) -> Result<(), Error> {
    match identity {
        Identity::Known(principal) if allows(principal.role, method) => Ok(()),
        Identity::Known(principal) => Err(Error::new(
            Reason::PermissionDenied,
            format!("the role {} does not have this call", principal.role.name()),
        )),
        Identity::Lapsed(_) | Identity::Nobody if method == Method::ValidateSession => Ok(()),
        Identity::Lapsed(_) => Err(unauthenticated("the token has expired; get a new one and repeat")),
        Identity::Nobody => Err(unauthenticated("this call needs credentials")),
        Identity::Refused => Err(unauthenticated("the credentials shown are not good here")),
    }
}

/// The session token that a request shows.
pub(super) fn session_token(headers: &HeaderMap) -> Option<&str> {
    Credentials::of(headers).ok()?.session_token()
}

pub(super) fn unauthenticated(message: &str) -> Error {
    Error::new(Reason::Unauthenticated, message)
}

/// Who calls, as the judge has put it beside the request.
pub(super) fn identity(extensions: &Extensions) -> Identity {
    extensions.get::<Identified>().map_or(Identity::Refused, |identified| identified.identity.clone())
}

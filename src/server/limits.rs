//! How often each may ask: one limiter for all doors.

use std::hash::Hash;
use std::sync::Arc;

use http::Extensions;

use super::access::identity;
use crate::domain::error::Error;
use crate::domain::principal::{Bound, Identity, Principal, Role};
use crate::layers::client_address::Address;
use crate::layers::rate_limit::{Keyed, Rate, Refused, Standing};

/// The rates, each for itself. None: no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// One address.
    pub address: Option<Rate>,
    /// The browsers of one session.
    pub browser: Option<Rate>,
    /// The flows with one set of credentials.
    pub architect: Option<Rate>,
    /// A service, or what pushes events, with one set of credentials.
    pub service: Option<Rate>,
    /// One session, whichever service or flow asks.
    pub session: Option<Rate>,
}

/// What everybody owes. Clones share it.
#[derive(Debug, Clone)]
pub struct Limits {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Option<Keyed>,
    browser: Option<Keyed>,
    architect: Option<Keyed>,
    service: Option<Keyed>,
    session: Option<Keyed>,
}

/// Whether a request may come now; none if it is exempt.
pub type Counted = Option<Result<Standing, Refused>>;

impl Limits {
    /// Nobody owes anything yet.
    pub fn new(rates: Rates) -> Self {
        let keyed = |rate: Option<Rate>| rate.map(Keyed::new);
        Self {
            inner: Arc::new(Inner {
                address: keyed(rates.address),
                browser: keyed(rates.browser),
                architect: keyed(rates.architect),
                service: keyed(rates.service),
                session: keyed(rates.session),
            }),
        }
    }

    /// Counts a request for the address it comes from, before it is known who calls.
    pub fn by_address(&self, extensions: &Extensions) -> Counted {
        let address = extensions.get::<Address>()?;
        count(self.inner.address.as_ref(), &address.network())
    }

    /// Counts a request for whoever calls.
    pub fn by_principal(&self, extensions: &Extensions) -> Counted {
        let (Identity::Known(principal) | Identity::Lapsed(principal)) = identity(extensions) else {
            return None;
        };
        let Inner { browser, architect, service, .. } = &*self.inner;
        match principal.role {
            // However many tokens a session is given, it is one customer.
            Role::Browser => count(browser.as_ref(), &principal.bound),
            Role::Architect => count(architect.as_ref(), &principal.name),
            Role::Service | Role::Events => count(service.as_ref(), &principal.name),
            Role::Operator => None,
        }
    }

    /// Counts a call for the session it names. A browser names whom it likes, and would use up another's.
    pub(super) fn by_session(&self, principal: &Principal, session: &Bound) -> Result<(), Error> {
        if principal.role == Role::Browser {
            return Ok(());
        }
        match count(self.inner.session.as_ref(), session) {
            Some(Err(refused)) => Err(refused.into()),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

fn count(keyed: Option<&Keyed>, key: &impl Hash) -> Counted {
    keyed.map(|keyed| keyed.check(key))
}

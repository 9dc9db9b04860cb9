//! `RegisterSession`: a name for a session, for browsers that never learn its ids.

use super::{Caller, Inner, Resumption};
use crate::domain::error::Error;
use crate::domain::ids::{Pair, ResumeKey};
use crate::domain::registry::{REGISTERED_FOR, Term};
use crate::ports::Event;

impl Resumption {
    /// Gives a key to a session, or renews it.
    pub async fn register(&self, caller: &Caller, key: &ResumeKey, pair: &Pair) -> Result<Term, Error> {
        let inner = &self.inner;
        let registered = inner.ports.registry.register(key, pair, REGISTERED_FOR).await;
        let term = registered.map_err(|error| self.failed(caller, pair, None, inner.store_error(error)))?;
        inner.audit(caller, pair, None, Event::Registered { key, since: term.since });
        Ok(term)
    }
}

impl Inner {
    /// The session that a key names. A store that is out of reach is an error: without it nobody can tell whether there is one.
    pub(super) async fn lookup(&self, key: &ResumeKey) -> Result<Option<Pair>, Error> {
        self.ports.registry.lookup(key).await.map_err(|error| self.store_error(error))
    }
}

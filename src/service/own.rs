//! A browser is held to its own session: of any other it learns no more than of one that does not exist, and it writes
//! nothing but what its customer said.

use super::inject::Inject;
use super::{Caller, Inner};
use crate::domain::error::{Error, Reason, Violation};
use crate::domain::ids::{Pair, ResumeKey};
use crate::domain::pair::not_found;
use crate::domain::principal::{Bound, Principal, Role};
use crate::ports::{Event, Note};

/// Whose a session is.
#[derive(Debug, PartialEq, Eq)]
enum Own<'a> {
    /// The caller's, or one that this caller may ask about whosever it is.
    Its,
    /// The caller's, if this key of its names it.
    IfNamedBy(&'a ResumeKey),
    /// Another's.
    Anothers,
}

fn own<'a>(principal: &'a Principal, asked: &Bound) -> Own<'a> {
    match (principal.role, &principal.bound, asked) {
        (Role::Service | Role::Architect | Role::Operator, _, _) => Own::Its,
        (Role::Browser, Some(bound), asked) if bound == asked => Own::Its,
        (Role::Browser, Some(Bound::Key(key)), Bound::Pair(_)) => Own::IfNamedBy(key),
        (Role::Browser | Role::Events, _, _) => Own::Anothers,
    }
}

/// Whether the caller may have this written.
pub(super) fn permit(principal: &Principal, request: &Inject) -> Result<(), Error> {
    if principal.role != Role::Browser {
        return Ok(());
    }
    let mut violations = Vec::new();
    if request.tab.is_none() {
        let description = "is required from a browser: only the ACTIVE tab writes";
        violations.push(violation("client_instance_id", Reason::MissingClientInstance, description));
    }
    if request.marker.is_some() {
        let description = "is not for browsers to set; the flow or a service writes it";
        violations.push(violation("marker", Reason::PermissionDenied, description));
    }
    if violations.is_empty() { Ok(()) } else { Err(Error::invalid(violations)) }
}

fn violation(field: &str, reason: Reason, description: &str) -> Violation {
    Violation { field: field.to_owned(), reason, description: description.to_owned() }
}

impl Inner {
    /// The session asked about by either name; none if it does not exist, or not for this caller.
    pub(super) async fn session(&self, caller: &Caller, asked: &Bound) -> Result<Option<Pair>, Error> {
        let named_by = match (own(&caller.principal, asked), asked) {
            (Own::Anothers, _) => None,
            (Own::Its, Bound::Pair(pair)) => return Ok(Some(pair.clone())),
            (Own::Its, Bound::Key(key)) => return self.lookup(key).await,
            (Own::IfNamedBy(key), _) => self.lookup(key).await?,
        };
        let found = named_by.filter(|pair| matches!(asked, Bound::Pair(asked) if asked == pair));
        if found.is_none() {
            self.audit(caller, asked, None, Event::Noted(Note::ForeignSession));
        }
        Ok(found)
    }

    /// Refuses a browser's call about any session but its own, as if there were no such session.
    pub(super) async fn hold_to_own(&self, caller: &Caller, pair: &Pair) -> Result<(), Error> {
        let found = self.session(caller, &Bound::Pair(pair.clone())).await?;
        found.map(drop).ok_or_else(not_found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ConversationId, HandshakeId, ParticipantId, TabId};

    fn pair(conversation: &str, participant: &str) -> Bound {
        let conversation = ConversationId::parse(conversation).unwrap();
        Bound::Pair(Pair { conversation, participant: ParticipantId::parse(participant).unwrap() })
    }

    fn key(name: &str) -> ResumeKey {
        ResumeKey::parse(name).unwrap()
    }

    #[test]
    fn a_browser_has_one_session_and_trusted_callers_have_all() {
        let all = [pair("c", "ana"), pair("c", "bob"), pair("d", "ana"), Bound::Key(key("c")), Bound::Key(key("k"))];
        for role in [Role::Service, Role::Architect, Role::Operator] {
            // Whatever a token of theirs says besides.
            let principal = Principal { bound: Some(Bound::Key(key("k"))), ..Principal::new(role, "x") };
            assert!(all.iter().all(|asked| own(&principal, asked) == Own::Its), "{role:?}");
        }
        let by_pair = Principal::browser("x", pair("c", "ana"));
        let told = all.each_ref().map(|asked| own(&by_pair, asked));
        assert_eq!(told, [Own::Its, Own::Anothers, Own::Anothers, Own::Anothers, Own::Anothers]);
        let (own_key, by_key) = (key("k"), Principal::browser("x", Bound::Key(key("k"))));
        let perhaps = || Own::IfNamedBy(&own_key);
        let told = all.each_ref().map(|asked| own(&by_key, asked));
        assert_eq!(told, [perhaps(), perhaps(), perhaps(), Own::Anothers, Own::Its]);
        for role in [Role::Browser, Role::Events] {
            let unbound = Principal::new(role, "x");
            assert!(all.iter().all(|asked| own(&unbound, asked) == Own::Anothers), "{role:?}");
        }
    }

    fn inject(tab: bool, marker: bool) -> Inject {
        let Bound::Pair(pair) = pair("c", "ana") else { panic!() };
        let tab = tab.then(|| (TabId::parse("tab").unwrap(), 1));
        let marker = marker.then(|| "resumed".to_owned());
        Inject { pair, handshake: HandshakeId(uuid::Uuid::nil()), tab, marker, messages: Vec::new() }
    }

    #[test]
    fn a_browser_writes_as_a_tab_and_no_marker() {
        let faults = |principal: &Principal, tab, marker| {
            let refused = permit(principal, &inject(tab, marker)).err()?;
            let fields = refused.violations.into_iter().map(|violation| (violation.field, violation.reason));
            Some((refused.reason, fields.collect::<Vec<_>>()))
        };
        let browser = Principal::browser("x", pair("c", "ana"));
        let tab = ("client_instance_id".to_owned(), Reason::MissingClientInstance);
        let marker = ("marker".to_owned(), Reason::PermissionDenied);
        assert_eq!(faults(&browser, true, false), None);
        assert_eq!(faults(&browser, false, false), Some((tab.1, vec![tab.clone()])));
        assert_eq!(faults(&browser, true, true), Some((marker.1, vec![marker.clone()])));
        assert_eq!(faults(&browser, false, true), Some((tab.1, vec![tab, marker])));
        for role in [Role::Service, Role::Architect] {
            assert_eq!(faults(&Principal::new(role, "x"), false, true), None);
        }
    }
}

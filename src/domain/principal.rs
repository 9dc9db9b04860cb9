//! Who is calling.

use super::ids::{Pair, ResumeKey};

/// The part a caller plays; it decides which calls are open to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A trusted service of the same house.
    Service,
    /// A flow of Genesys Architect.
    Architect,
    /// A customer's browser, which has one session.
    Browser,
    /// Whoever runs this service, and no customer's session.
    Operator,
    /// What pushes the platform's events, and asks nothing.
    Events,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 5] = [Self::Service, Self::Architect, Self::Browser, Self::Operator, Self::Events];

    /// The name in configuration, records and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Architect => "architect",
            Self::Browser => "browser",
            Self::Operator => "operator",
            Self::Events => "events",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The one session a browser's credentials are for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Named as Genesys does.
    Pair(Pair),
    /// Named by the key it was registered under.
    Key(ResumeKey),
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The part it plays.
    pub role: Role,
    /// Its name, for the audit record.
    pub name: String,
    /// The one session it may see. A browser without one may see none; for the other roles it says nothing.
    pub bound: Option<Bound>,
}

impl Principal {
    /// A caller of a role that is bound to no session.
    pub fn new(role: Role, name: impl Into<String>) -> Self {
        Self { role, name: name.into(), bound: None }
    }

    /// A trusted service.
    pub fn service(name: impl Into<String>) -> Self {
        Self::new(Role::Service, name)
    }

    /// A browser that has this session.
    pub fn browser(name: impl Into<String>, bound: Bound) -> Self {
        Self { bound: Some(bound), ..Self::new(Role::Browser, name) }
    }
}

/// Who a call's credentials say is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// This caller.
    Known(Principal),
    /// A browser whose token was good until a moment ago: `ValidateSession` still answers it.
    Lapsed(Principal),
    /// Nobody we know: nothing was shown, or a browser's token that is no longer good. `ValidateSession` tells it to sign in.
    Nobody,
    /// Credentials that are no good and no browser's.
    Refused,
}

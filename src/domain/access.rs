//! Which calls are open to which role: one table.

use super::principal::Role;

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `SessionResumption.ValidateSession`.
    ValidateSession,
    /// `SessionResumption.ConfirmReattach`.
    ConfirmReattach,
    /// `SessionResumption.InjectContext`.
    InjectContext,
    /// `SessionRegistry.RegisterSession`.
    RegisterSession,
    /// `SessionRegistry.IssueSessionToken`.
    IssueSessionToken,
    /// The pages and settings for whoever runs the service.
    Debug,
    /// The platform's events.
    PushEvents,
}

impl Method {
    /// All that can be called.
    pub const ALL: [Self; 7] = [
        Self::ValidateSession,
        Self::ConfirmReattach,
        Self::InjectContext,
        Self::RegisterSession,
        Self::IssueSessionToken,
        Self::Debug,
        Self::PushEvents,
    ];
}

/// Whether a method is open to a role at all. A browser is held to its own session besides.
pub fn allows(role: Role, method: Method) -> bool {
    match method {
        Method::ValidateSession | Method::InjectContext => {
            matches!(role, Role::Service | Role::Architect | Role::Browser)
        }
        Method::ConfirmReattach | Method::RegisterSession => matches!(role, Role::Service | Role::Architect),
        Method::IssueSessionToken => role == Role::Service,
        Method::Debug => role == Role::Operator,
        Method::PushEvents => matches!(role, Role::Service | Role::Events),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the design, written out.
    #[test]
    fn the_table_stands_as_designed() {
        let table = [
            (Role::Browser, [true, false, true, false, false, false, false]),
            (Role::Architect, [true, true, true, true, false, false, false]),
            (Role::Service, [true, true, true, true, true, false, true]),
            (Role::Operator, [false, false, false, false, false, true, false]),
            (Role::Events, [false, false, false, false, false, false, true]),
        ];
        for (role, row) in table {
            for (method, open) in Method::ALL.into_iter().zip(row) {
                assert_eq!(allows(role, method), open, "{role:?} {method:?}");
            }
        }
    }

    #[test]
    fn roles_have_names() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}

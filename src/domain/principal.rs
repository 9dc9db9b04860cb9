//! Who is calling.

/// The part a caller plays; it decides which calls are open to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A trusted service of the same house. Until credentials can be configured, every caller on loopback.
    Service,
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The part it plays.
    pub role: Role,
    /// Its name, for the audit record.
    pub name: String,
}

impl Principal {
    /// A trusted service.
    pub fn service(name: impl Into<String>) -> Self {
        Self { role: Role::Service, name: name.into() }
    }
}

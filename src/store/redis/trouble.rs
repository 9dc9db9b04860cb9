//! Why a store cannot be reached, or should not be.

use super::hello::Unfit;
use crate::ports::{Outage, StoreError};

/// What may pass, and what waiting does not mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Outage(#[from] Outage),
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

impl Trouble {
    /// As a caller is told.
    pub(super) fn outage(&self) -> Outage {
        match self {
            Self::Outage(outage) => *outage,
            Self::Unfit(Unfit::Replica) => Outage::ReadOnly,
            Self::Unfit(Unfit::NotPermitted(_)) => Outage::Denied,
            Self::Unfit(_) => Outage::NotReady,
        }
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        trouble.outage().into()
    }
}

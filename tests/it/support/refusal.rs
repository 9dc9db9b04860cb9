//! An error as a caller's program sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) reason: String,
    pub(crate) metadata: BTreeMap<String, String>,
    /// Path and description of each bad field.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) retry: Option<Duration>,
}

impl Refusal {
    /// Fails unless the status says why in our domain, as every error has to.
    pub(crate) fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let Some(info) = details.error_info() else { panic!("no ErrorInfo: {status:?}") };
        assert_eq!(info.domain, "sessionresumption", "{status:?}");
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            metadata: info.metadata.clone().into_iter().collect(),
            fields: violations.into_iter().map(|violation| (violation.field, violation.description)).collect(),
            retry: details.retry_info().and_then(|info| info.retry_delay),
        }
    }

    /// An error that neither time nor another field mends.
    pub(crate) fn plain(code: Code, reason: &str) -> Self {
        Self { code, reason: reason.to_owned(), metadata: BTreeMap::new(), fields: Vec::new(), retry: None }
    }
}

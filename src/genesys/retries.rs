//! The budget of second and later tries: a brown-out of Genesys must not be made worse by asking it three times as often.

use std::time::Duration;

use tower::retry::budget::{Budget as _, TpsBudget};

use super::observe;
use super::operation::Operation;

/// How long a call earns its share.
const WINDOW: Duration = Duration::from_secs(10);

/// What may be tried again whatever the number of calls, so that a service with few of them is no worse off.
const A_SECOND: u32 = 1;

/// One for every five calls.
const SHARE: f32 = 0.2;

/// See the module. Shared by all calls.
pub(super) struct Retries(TpsBudget);

// === impl Retries ===

impl Retries {
    pub(super) fn new() -> Self {
        Self(TpsBudget::new(WINDOW, A_SECOND, SHARE))
    }

    /// A call made its first try.
    pub(super) fn earn(&self) {
        self.0.deposit();
    }

    /// Whether it may be tried again.
    pub(super) fn spend(&self, operation: Operation) -> bool {
        let granted = self.0.withdraw();
        if !granted {
            observe::retry_denied(operation);
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(retries: &Retries) -> u32 {
        (0..1000).map(|_| u32::from(retries.spend(Operation::Read))).sum()
    }

    #[test]
    fn a_fifth_of_the_calls_and_ten_in_ten_seconds_may_be_tried_again() {
        let retries = Retries::new();
        assert_eq!(granted(&retries), 10);
        (0..4).for_each(|_| retries.earn());
        assert_eq!(granted(&retries), 0);
        (0..46).for_each(|_| retries.earn());
        assert_eq!(granted(&retries), 10);
    }
}

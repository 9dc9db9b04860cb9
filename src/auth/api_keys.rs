//! Callers who show a key.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::callers::ApiKey;
use crate::domain::principal::{Identity, Principal};

/// Whose key it is. Every entry is compared, each in constant time: how long it takes tells nothing.
pub(super) fn identify(keys: &[ApiKey], shown: &str) -> Identity {
    let hash: [u8; 32] = Sha256::digest(shown.as_bytes()).into();
    let mut found = None;
    for key in keys {
        if bool::from(key.hash.ct_eq(&hash)) {
            found = Some(key);
        }
    }
    found.map_or(Identity::Refused, |key| Identity::Known(Principal::new(key.role, key.name.clone())))
}

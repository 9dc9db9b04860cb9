//! The one list of all keys: what is known, what is parsed and what is printed all come from here.

use super::key::Describe;

/// Declares keys and the list of all of them together, so that no key can be missing from the list.
macro_rules! keys {
    ($all:ident; $($id:ident: $parser:ty = $key:expr;)*) => {
        $(pub(in crate::config) static $id: Key<$parser> = $key;)*
        /// All of them, in the order in which they are printed.
        pub(super) static $all: &[&dyn Describe] = &[$(&$id),*];
    };
}

mod doors;
mod genesys;
mod rules;

pub(super) use doors::*;
pub(super) use genesys::*;
pub(super) use rules::*;

/// All keys, in the order in which they are printed.
pub(super) fn all() -> impl Iterator<Item = &'static dyn Describe> {
    [DOORS, GENESYS, RULES].into_iter().flatten().copied()
}

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static dyn Describe> {
    all().find(|key| key.name() == name)
}

/// Every section that holds keys or sections, outer before inner.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> =
        all().flat_map(|key| key.name().match_indices('.').map(|(dot, _)| &key.name()[..dot])).collect();
    sections.sort_unstable();
    sections.dedup();
    sections
}

//! The two contracts of Genesys that the play is played on.

/// A contract of Genesys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contract {
    /// The guide's.
    Guide,
    /// That of the public API.
    Platform,
}

// === impl Contract ===

impl Contract {
    pub(super) const ALL: [Self; 2] = [Self::Guide, Self::Platform];

    /// As `genesys.profile` has it.
    pub(super) fn profile(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            Self::Platform => "platform",
        }
    }

    /// Whichever of two is this contract's.
    pub(super) fn pick<T>(self, guide: T, platform: T) -> T {
        match self {
            Self::Guide => guide,
            Self::Platform => platform,
        }
    }
}

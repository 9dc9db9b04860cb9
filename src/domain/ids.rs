//! Names of things, parsed once at the edge so that nothing below has to distrust them.

use std::fmt;

use uuid::Uuid;

/// Longest id accepted, in characters.
pub const MAX_ID_CHARS: usize = 128;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The field is empty.
    #[error("is required")]
    Missing,
    /// The text is longer than [`MAX_ID_CHARS`].
    #[error("must have at most {MAX_ID_CHARS} characters")]
    TooLong,
    /// A character outside the alphabet, or one of the path segments `.` and `..`.
    #[error("must match [A-Za-z0-9._~-]{{1,{MAX_ID_CHARS}}} and be neither \".\" nor \"..\"")]
    Alphabet,
    /// The text is not a UUID.
    #[error("must be a UUID such as 7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11")]
    NotUuid,
}

/// Checks the alphabet every id shares: RFC 3986 unreserved characters, so that an id is one path segment whatever happens to it.
fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Missing);
    }
    if text.len() > MAX_ID_CHARS {
        return Err(IdError::TooLong);
    }
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    if !text.bytes().all(unreserved) || text == "." || text == ".." {
        return Err(IdError::Alphabet);
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses an id, refusing what could be anything but one path segment.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A conversation of Genesys Cloud.
    ConversationId
}
text_id! {
    /// A participant of one conversation; in a [`Pair`], the customer.
    ParticipantId
}
text_id! {
    /// One browser tab, named by itself.
    TabId
}
text_id! {
    /// A message a caller wants injected, named by the caller.
    ClientMessageId
}
text_id! {
    /// A message in a transcript of Genesys Cloud.
    MessageId
}
text_id! {
    /// A name under which a trusted caller registered a session, for browsers that never learn its ids.
    ResumeKey
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Parses the hyphenated form of a UUID, in either case: one handshake has one spelling.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if text.is_empty() {
                    return Err(IdError::Missing);
                }
                let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
                Uuid::try_parse(text).ok().filter(|_| hyphenated).map(Self).ok_or(IdError::NotUuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id! {
    /// One resumption of one pair, shared by everyone who asks while it can be joined.
    HandshakeId
}
uuid_id! {
    /// One drop as one tab lived it; repeated by that tab's retries.
    AttemptId
}

/// The two names a session goes by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The conversation.
    pub conversation: ConversationId,
    /// The customer in it.
    pub participant: ParticipantId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_single_path_segments() {
        for good in ["a", "A-Z_0.9~", &"x".repeat(128), "...", "a..b"] {
            assert!(ConversationId::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", IdError::Missing),
            (".", IdError::Alphabet),
            ("..", IdError::Alphabet),
            ("a/b", IdError::Alphabet),
            ("a%2Fb", IdError::Alphabet),
            ("ä", IdError::Alphabet),
            ("a b", IdError::Alphabet),
            ("a\0", IdError::Alphabet),
            (&"x".repeat(129), IdError::TooLong),
        ] {
            assert_eq!(ConversationId::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn uuids_are_told_from_other_text() {
        assert_eq!(HandshakeId::parse(""), Err(IdError::Missing));
        assert_eq!(HandshakeId::parse("not-a-uuid"), Err(IdError::NotUuid));
        let text = "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11";
        assert_eq!(HandshakeId::parse(text).map(|id| id.to_string()), Ok(text.to_owned()));
    }
}

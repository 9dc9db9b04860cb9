//! What writers of the count, Genesys and the clock can do.

use std::time::Duration;

use proptest::prelude::*;

use crate::drawing::newest_mostly;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Heard {
    Took,
    Refused,
    Nothing,
}

#[derive(Debug, Clone)]
pub(crate) enum Count {
    /// A customer drops and is told to resume.
    Open { who: usize },
    /// A writer reads the conversation.
    Read { writer: usize },
    /// A writer asks for a count and, if it gets one, sends it.
    Claim { writer: usize, who: usize, handshake: usize },
    /// A write on its way arrives.
    Land { write: usize },
    /// A writer's call ends, as far as the writer can tell.
    Hear { writer: usize, heard: Heard },
    /// A writer tells what it heard.
    Settle { writer: usize },
    /// Somebody asks what is to be recorded.
    Record,
    /// A writer is gone.
    Crash { writer: usize },
    /// Time passes; writes that run out of it land at the last moment, or never.
    Wait { wait: Duration, late: bool },
}

pub(crate) fn any_count() -> impl Strategy<Value = Count> {
    let writer = || 0_usize..3;
    let heard = prop_oneof![Just(Heard::Took), Just(Heard::Refused), Just(Heard::Nothing)];
    let wait = prop::sample::select(vec![1_u64, 1_000, 5_000, 9_999, 10_000, 11_000]).prop_map(Duration::from_millis);
    prop_oneof![
        2 => (0_usize..2).prop_map(|who| Count::Open { who }),
        2 => writer().prop_map(|writer| Count::Read { writer }),
        8 => (writer(), 0_usize..2, newest_mostly())
            .prop_map(|(writer, who, handshake)| Count::Claim { writer, who, handshake }),
        2 => (0_usize..3).prop_map(|write| Count::Land { write }),
        6 => (writer(), heard).prop_map(|(writer, heard)| Count::Hear { writer, heard }),
        6 => writer().prop_map(|writer| Count::Settle { writer }),
        2 => Just(Count::Record),
        1 => writer().prop_map(|writer| Count::Crash { writer }),
        4 => (wait, any::<bool>()).prop_map(|(wait, late)| Count::Wait { wait, late }),
    ]
}

//! Small models of what the design promises, each run beside the real state machines and compared after every step.

// A crash is a lead, a write or a hold that is never reported. A late report shows a lease that was taken over.

pub(crate) mod calls;
pub(crate) mod counting;
pub(crate) mod counts;
mod pair;
pub(crate) mod scenes;
pub(crate) mod world;
pub(crate) mod writing;

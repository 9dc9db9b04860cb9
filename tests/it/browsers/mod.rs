//! What browsers may do, asked of the use cases themselves: over a store in memory, and a Genesys that has one conversation.

mod own;
mod stage;
mod tokens;

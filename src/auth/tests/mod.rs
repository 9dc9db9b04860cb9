//! Who gets in, and above all who does not.

mod given;
mod nobody_gets_in;
mod published;
mod who_gets_in;

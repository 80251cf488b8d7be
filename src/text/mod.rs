//! Text that is safe to show. The lowest layer: the protocol and the screen both rely on it.

pub mod alike;
mod mention;
mod safe;
mod script;

pub use mention::{mention, mentions};
pub use safe::SafeText;
pub(crate) use script::unspaced;

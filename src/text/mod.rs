//! Text that is safe to show. The lowest layer: the protocol and the screen both rely on it.

mod safe;

pub use safe::SafeText;

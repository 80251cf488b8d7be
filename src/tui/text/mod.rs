//! Text in terminal cells: how wide it is, how it is shortened and wrapped. Knows graphemes, not widgets.

pub mod width;
mod wrap;

pub use wrap::{Row, wrap};

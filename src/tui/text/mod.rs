//! Text in terminal cells: how wide it is, how it is shortened and wrapped, what is found in it. Knows graphemes, not
//! widgets.

mod codes;
mod find;
pub mod links;
pub mod rtl;
pub mod width;
mod wrap;

pub use codes::spelled;
pub use find::Finder;
pub use wrap::{Row, wrap};

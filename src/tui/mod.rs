//! The chat on a screen.
//!
//! | module | idea | knows |
//! |---|---|---|
//! | [`model`] | what is shown and written | plain values |
//! | [`update()`] | what happened → what changes and what is to be done | the model |
//! | [`keymap`], [`command`] | keys and commands as tables | |
//! | [`view`], [`theme`] | the picture of the model | ratatui |
//! | [`text`] | width and wrapping | graphemes |
//! | `term` | the terminal | crossterm |
//! | `run`, `show`, `signals`, `outbox` | start and end, the loop, what wakes it, what it asks for | tokio |
//! | `editor`, `hook`, `files`, `keep` | other programs and the disk | processes, files |
//!
//! A key becomes an action, the action changes the model and asks for effects, the session's answers change the model,
//! and a changed model is drawn. Nothing happens while nothing happens: an idle chat does not wake up.

pub mod command;
mod courier;
mod editor;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod hook;
mod keep;
pub mod key;
pub mod keymap;
mod look;
pub mod mode_keys;
pub mod model;
mod outbox;
mod outside;
mod run;
pub mod settings;
mod show;
mod signals;
mod term;
pub mod text;
pub mod theme;
mod update;
pub mod view;

pub use courier::Transfers;
pub use model::Model;
pub use run::{Error, Options, Reload, run};
pub use update::{Effect, Fresh, Msg, News, update};

//! The terminal: set up and put back, read, drawn no more often than needed. All of crossterm is here.

mod frames;
mod input;
mod screen;

pub(super) use frames::Frames;
pub(super) use input::msg;
pub(super) use screen::Screen;

//! The terminal: set up and put back, read, drawn no more often than needed. All of crossterm is here.

mod burst;
mod crash;
mod early;
mod frames;
mod input;
mod keyboard;
mod linked;
mod ring;
mod screen;
mod steady;

pub(super) use burst::Bursts;
pub(super) use crash::crashed;
pub(super) use early::{Late, keys as early_keys};
pub(super) use frames::Frames;
pub(super) use input::msg;
pub(super) use screen::Screen;

//! The program as scripts and people meet it: what it prints, what it refuses, how it ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod history;
mod locked;
mod net;
mod output;
#[path = "../patience/mod.rs"]
mod patience;
mod pipe;
#[path = "../ports/mod.rs"]
mod ports;
mod profile;
mod slot;
mod support;
mod talk;
mod trust;

//! Nodes for the tests of this folder.

use std::time::Duration;

use super::super::checks::Checks;
use super::super::config::Config;
use super::super::identity::Identity;
use super::{Node, Now, Source};
use crate::netbios::Name;

/// A node with a key of its own that has just started.
pub(super) fn node(byte: u8, checks: Checks) -> Node {
    let config = Config {
        nick: "somebody".parse().unwrap(),
        host: Name::new("HOST", 0).unwrap(),
        epoch: 1,
        reply_port: 40_000,
        observer: false,
        known: Vec::new(),
        depth: 0,
        checks,
    };
    Node::new(at(0), config, Identity::from_secret(&[byte; 32]), [byte; 32])
}

/// Milliseconds after the start.
pub(super) fn at(ms: u64) -> Now {
    Now { mono: Duration::from_secs(1000) + Duration::from_millis(ms), wall: 1_800_000_000_000 + ms }
}

/// A host of the segment.
pub(super) fn from(last: u8) -> Source {
    Source { name: Name::new("HOST", 0).unwrap(), address: ([10, 0, 0, last], 138).into() }
}

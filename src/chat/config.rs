//! What a node must be told at its start.

use super::acquaintance::Acquaintance;
use super::checks::Checks;
use super::nick::Nick;
use crate::netbios::Name;

/// Settings of a [`Node`](super::Node).
#[derive(Debug, Clone)]
pub struct Config {
    /// The nickname to go by.
    pub nick: Nick,
    /// The NetBIOS computer name.
    pub host: Name,
    /// Which start of the program this is: higher than every earlier one of the same identity, and stored before use.
    pub epoch: u32,
    /// UDP port of this node's reply slot, told to others in its beacons.
    pub reply_port: u16,
    /// Takes part without being listed: a command such as `lanchat tail` or `say` that is no person. It announces itself
    /// at its start, so that its key is known, but not regularly.
    pub observer: bool,
    /// Who was met in earlier runs.
    pub known: Vec<Acquaintance>,
    /// How many datagrams of lines of each author are fetched that were said before this node came.
    pub depth: u32,
    /// How signatures are checked; the default is right for one node.
    pub checks: Checks,
}

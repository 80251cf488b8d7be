//! NetBIOS over UDP: names, datagrams and the name service (RFC 1001, RFC 1002). Pure bytes, no I/O.
//!
//! Parsing borrows from the packet and allocates nothing.

mod datagram;
mod error;
mod name;
pub mod name_service;

pub use datagram::{Datagram, Kind};
pub use error::Error;
pub use name::{BadName, Name};

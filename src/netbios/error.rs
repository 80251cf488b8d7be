//! Why a packet of ports 137 and 138 is not read.

/// Why a packet is dropped. Kept small and `Copy`: the receiver only counts these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Error {
    /// The packet ends inside its header or its names.
    #[error("the NetBIOS packet is cut short")]
    Truncated,
    /// The datagram type (RFC 1002 4.4.1) carries no user data: an error, a query, or unknown.
    #[error("NetBIOS datagram type {0:#04x} carries no message")]
    Type(u8),
    /// One part of a datagram sent in pieces; mailslot writes always come in one.
    #[error("the NetBIOS datagram is a fragment")]
    Fragment,
    /// A name is not 32 letters `A` to `P`, or its labels do not end.
    #[error("a NetBIOS name is badly encoded")]
    Name,
    /// A name service packet of another kind than the one looked for. Holds its flags.
    #[error("the name service packet (flags {0:#06x}) is of another kind")]
    NotAQuery(u16),
}

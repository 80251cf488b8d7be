//! Frames of the browser service, written to `\MAILSLOT\BROWSE` (\[MS-BRWS\] 2.2): who is there, and who keeps the list.
//! And the older form of an announcement, written to `\MAILSLOT\LANMAN`.
//!
//! Little-endian; the first byte tells the kind. Read strictly, except where real senders are known to differ: the four
//! bytes before the name of the master in a [`Domain`] announcement are junk from Windows, an announcement may claim any
//! version of the browser, Samba forces an election without a name, and the name in a request for announcements means
//! nothing.

mod frame;
mod host;
mod lanman;
mod server_type;
mod text;

pub use frame::{Backups, Frame, Reset};
pub use host::{Domain, Host};
pub use lanman::LanmanHost;
pub use server_type::ServerType;
pub use text::{BadText, Comment, MachineName};

/// Why data is no frame. Kept small and `Copy`: the receiver only ignores these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Error {
    /// The data ends inside of a field or text.
    #[error("the browser frame is cut short")]
    Truncated,
    /// A kind that is not known.
    #[error("unknown kind {0:#04x} of browser frame")]
    Kind(u8),
    /// A name is empty or over 15 bytes.
    #[error("the browser frame holds a name that no computer can have")]
    Name,
    /// A field does not have the only value that it may have.
    #[error("the browser frame has a field with an impossible value")]
    Field,
}

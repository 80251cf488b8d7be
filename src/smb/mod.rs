//! SMB messages as far as mailslots need them (\[MS-MAIL\], \[MS-CIFS\]). Pure bytes, no I/O.

mod mailslot_write;

pub use mailslot_write::{Error, MailslotWrite};

//! SMB messages as far as mailslots need them (\[MS-MAIL\], \[MS-CIFS\]), and what old programs write to theirs: browser
//! frames (\[MS-BRWS\]) and pop-ups (\[MS-MSRP\]). Pure bytes, no I/O.

pub mod browse;
mod mailslot_write;
pub mod messenger;
mod oem;

pub use mailslot_write::{Error, MailslotWrite};
pub use oem::CodePage;

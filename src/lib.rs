//! lanchat: chat for the people on one network, in a terminal, with no server, no account and no configuration.
//!
//! The modules are layers; each uses only those below it in this list:
//!
//! | module | idea |
//! |---|---|
//! | [`cli`] | subcommands, settings, output for scripts |
//! | [`tui`] | the chat on a screen: model, update, view, term |
//! | [`session`] | the driver: moves bytes and time between the core and the mailslots |
//! | [`doctor`] | why people do not hear each other: what was observed, and what follows from it |
//! | [`history`] | what was said, kept in SQLite with full-text search |
//! | [`profile`] | what is kept on disk: identity, epoch, lock |
//! | [`transfer`] | files over pipes: offered, resumed, checked |
//! | [`pipe`] | named pipes on this machine and, encrypted, to others |
//! | [`chat`] | the protocol, without sockets, clock or randomness of its own |
//! | [`neighbours`] | computers that announce themselves, and pop-ups |
//! | [`mailslot`] | the mechanism: names, servers with queues, clients |
//! | [`lan`] | the machine's network: interfaces and sockets |
//! | [`smb`], [`netbios`] | bytes: \[MS-MAIL\] writes in RFC 1002 datagrams |
//! | [`local`] | this machine: the directory of the user's sockets |
//! | [`privileges`] | what this process may do |
//! | [`text`] | text that is safe to show |

pub mod chat;
pub mod cli;
pub mod doctor;
pub mod history;
pub mod lan;
pub mod local;
pub mod mailslot;
pub mod neighbours;
pub mod netbios;
pub mod pipe;
pub mod privileges;
pub mod profile;
pub mod session;
pub mod smb;
pub mod text;
pub mod transfer;
pub mod tui;

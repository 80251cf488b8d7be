//! Mailslots for scripts and threads: every call waits until it is done. Nothing needs tokio or, on one machine, a network.
//!
//! ```
//! use lanchat::mailslot::Options;
//! use lanchat::mailslot::blocking::{Client, Server};
//!
//! let path = r"\\.\mailslot\orders";
//! # let path = format!(r"{path}\{}", std::process::id());
//! # let path = path.as_str();
//! let mut server = Server::create(path, Options::default())?;
//! let client = Client::open(path)?; // in any program of the same user
//! std::thread::spawn(move || client.write(b"two coffees"));
//!
//! let message = server.read()?;
//! assert_eq!(message.data, b"two coffees");
//! assert!(message.source.local);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the network, a [`Mailslots`] creates and opens them:
//!
//! ```
//! use lanchat::lan::LanConfig;
//! use lanchat::mailslot::Options;
//! use lanchat::mailslot::blocking::Mailslots;
//! use lanchat::netbios::Name;
//!
//! let (host, workgroup) = (Name::new("alice", 0)?, Name::new("workgroup", 0)?);
//! let lan = LanConfig { interfaces: vec!["lo".into()], port: 0 }; // 0: any free port
//! let mailslots = Mailslots::start(host, workgroup, &lan)?;
//! let (here, all) = (r"\\.\mailslot\orders", r"\\*\mailslot\orders");
//! # let name = format!(r"doc\{}\net", std::process::id());
//! # let (here, all) = (format!(r"\\.\mailslot\{name}"), format!(r"\\*\mailslot\{name}"));
//! # let (here, all) = (here.as_str(), all.as_str());
//! let mut server = mailslots.create(here, Options::default())?;
//! mailslots.open(all)?.write(b"to every machine")?;
//! assert_eq!(server.read()?.data, b"to every machine");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alone;
mod client;
mod keeper;
mod server;
mod service;

pub use client::Client;
pub use server::Server;
pub use service::{Mailslots, StartError};

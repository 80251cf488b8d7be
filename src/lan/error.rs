//! Why the network cannot be used, with the cure in each message.

use std::io;

/// Why the network cannot be used. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No interface has the name asked for.
    #[error("there is no network interface called {name}; this machine has {exist}")]
    UnknownInterface {
        /// The name.
        name: String,
        /// The names there are, separated by commas.
        exist: String,
    },
    /// The interface connects two machines only, such as a VPN tunnel.
    #[error(
        "the interface {name} cannot broadcast, so nobody is to be met on it; leave it out or choose another one"
    )]
    CannotBroadcast {
        /// Its name.
        name: String,
    },
    /// Another program holds the port for itself alone.
    #[error(
        "UDP port {port} is taken by a program that does not share it; end that program, or choose another port for everybody on this network with --port"
    )]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// Ports below 1024 are reserved.
    #[error(
        "UDP port {port} needs a right: run sudo setcap cap_net_bind_service=+ep \"$(command -v lanchat)\" or sudo sysctl net.ipv4.ip_unprivileged_port_start=137, or choose a port above 1023 with --port"
    )]
    PortRights {
        /// The port.
        port: u16,
    },
    /// The system refused something else.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried, as in "cannot …".
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: a failure of `what`.
    pub(super) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    /// For `map_err`: a failure to bind `port`.
    pub(super) fn bind(port: u16) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { port },
            io::ErrorKind::PermissionDenied => Self::PortRights { port },
            _ => Self::System { what: "open a UDP port", source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_and_name_the_cure() {
        let bind = |kind| Error::bind(138)(io::Error::from(kind)).to_string();
        let rights = bind(io::ErrorKind::PermissionDenied);
        assert!(
            rights.contains("sudo setcap cap_net_bind_service=+ep \"$(command -v lanchat)\""),
            "{rights}"
        );
        assert!(rights.contains("net.ipv4.ip_unprivileged_port_start=137"), "{rights}");
        let taken = bind(io::ErrorKind::AddrInUse);
        assert!(taken.contains("138") && taken.contains("--port"), "{taken}");
        let unknown = Error::UnknownInterface { name: "eth7".into(), exist: "lo, wlan0".into() }.to_string();
        assert!(unknown.contains("eth7") && unknown.contains("lo, wlan0"), "{unknown}");
        for text in [rights, taken, unknown, bind(io::ErrorKind::OutOfMemory)] {
            assert!(!text.contains('\n'), "{text}");
        }
    }
}

//! What has become of this machine's name on the network.

use std::fmt;
use std::net::IpAddr;

use crate::lan;
use crate::mailslot::Network;
use crate::netbios::Name;

/// What has become of this machine's name on the network. Shown as one line that ends with the cure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NameState {
    /// Not claimed: nobody has asked for that.
    #[default]
    Off,
    /// Claimed; it takes 750 ms until it is known whether somebody objects.
    Claiming,
    /// This program answers for it, and so do others of this machine.
    Ours,
    /// Another computer has it. It is left to that one and tried again each minute.
    Taken {
        /// The name.
        name: Name,
        /// Its address.
        by: IpAddr,
    },
    /// Another program on this machine, such as Samba's nmbd, answers for it. Tried again each minute.
    Beside,
    /// The port may not be used without a right.
    NoRight {
        /// The port.
        port: u16,
    },
    /// Another program holds the port for itself alone.
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The system refuses something else.
    Failed(String),
}

impl fmt::Display for NameState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("the computer name is not claimed"),
            Self::Claiming => f.write_str("the computer name is being claimed"),
            Self::Ours => f.write_str("this program answers for the computer name"),
            Self::Taken { name, by } => write!(
                f,
                "the computer name {} belongs to {by} already, so what is written to it goes there; choose another one with --host",
                name.text()
            ),
            Self::Beside => {
                f.write_str("another program on this machine, such as nmbd, answers for the computer name")
            }
            Self::NoRight { port } => write!(
                f,
                "nobody finds this computer by its name: UDP port {port} needs a right; run sudo setcap cap_net_bind_service=+ep \"$(command -v lanchat)\""
            ),
            Self::PortTaken { port } => write!(
                f,
                "nobody finds this computer by its name: UDP port {port} is taken by a program that does not share it; end that program"
            ),
            Self::Failed(why) => write!(f, "nobody finds this computer by its name: {why}"),
        }
    }
}

impl From<lan::Error> for NameState {
    fn from(error: lan::Error) -> Self {
        match error {
            lan::Error::PortRights { port } => Self::NoRight { port },
            lan::Error::PortInUse { port } => Self::PortTaken { port },
            other => Self::Failed(other.to_string()),
        }
    }
}

impl Network {
    /// Whether others find this machine by its name.
    pub fn named(&self) -> bool {
        matches!(self.name, NameState::Ours | NameState::Beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_can_mend_is_one_line_with_the_cure() {
        let name = Name::new("ORION", 0).unwrap();
        for (state, cure) in [
            (NameState::Taken { name, by: [10, 0, 0, 2].into() }, "--host"),
            (lan::Error::PortRights { port: 137 }.into(), "setcap"),
            (lan::Error::PortInUse { port: 137 }.into(), "end that program"),
        ] {
            let text = state.to_string();
            assert!(text.contains(cure) && !text.contains('\n'), "{text}");
        }
    }
}

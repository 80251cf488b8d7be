//! A pop-up as it is shown, and where it came from.

use std::net::IpAddr;

use crate::mailslot::Message;
use crate::smb::CodePage;
use crate::smb::messenger;
use crate::text::SafeText;

/// A pop-up that somebody wrote to `\MAILSLOT\MESSNGR`. Nothing of it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popup {
    /// Who it says it is from.
    pub from: SafeText,
    /// Whom it is for: this computer, its user, or a group.
    pub to: SafeText,
    /// What it says; may hold newlines.
    pub text: SafeText,
    /// The computer name that the datagram came under.
    pub host: SafeText,
    /// The address that the datagram came from.
    pub address: IpAddr,
}

impl Popup {
    /// The pop-up in a message; none when it is none, or says nothing.
    pub(super) fn of(message: &Message, page: CodePage) -> Option<Self> {
        let read = messenger::Popup::parse(&message.data).ok()?.read(page);
        if read.text.as_str().is_empty() {
            return None;
        }
        Some(Self {
            from: read.from,
            to: read.to,
            text: read.text,
            host: SafeText::line(&message.source.name.text()),
            address: message.source.address.ip(),
        })
    }
}

//! Doors to the parsers that are private, for the fuzz targets in `tests/fuzz`. Not a part of the API.
//!
//! Each takes bytes apart and makes bytes of what it has found: none where that is nothing.

use super::direct::Content;
use super::envelope::{self, Part};
use super::frame::{Body, Frame, Parsed};
use super::identity::{Identity, PublicKey};
use super::locked::{self, Header, RoomKey, Sealed};
use super::mend_frame::Mend;
use super::seal::{self, PairKey};

/// A line, signed by `identity` as if it had said it.
pub fn line(data: &[u8], identity: &Identity) -> Option<Vec<u8>> {
    let envelope::Parsed::Signed(mut part) = Part::parse(data) else { return None };
    part.id.sender = identity.id();
    Some(part.emit(identity))
}

/// A line of a locked room with some of its bytes as the content, sealed with `key` and signed by `identity`.
pub fn sealed_line(data: &[u8], identity: &Identity, key: &RoomKey) -> Option<Vec<u8>> {
    let mut header = Sealed::parse(data)?.header;
    header.id.sender = identity.id();
    let content = data.get(60..).unwrap_or_default();
    Header { room: key.tag(), ..header }.seal(key, identity, content.get(..240).unwrap_or(content))
}

/// What is sealed in a line of a locked room.
pub fn room_content(data: &[u8]) -> Option<Vec<u8>> {
    locked::Content::parse(data).map(|content| content.emit())
}

/// A beacon, goodbye or heartbeat, signed by `identity` as its own; a who-is as it is.
pub fn frame(data: &[u8], identity: &Identity) -> Option<Vec<u8>> {
    match Frame::parse(data) {
        Parsed::Signed(mut frame) => {
            frame.sender = identity.id();
            if let Body::Beacon(about) | Body::Goodbye(about) = &mut frame.body {
                about.public = identity.public();
            }
            Some(frame.emit(identity))
        }
        Parsed::Whois { by, of } => Some(super::frame::whois(by, of)),
        Parsed::Unknown => None,
    }
}

/// A frame that mends.
pub fn mend(data: &[u8]) -> Option<Vec<u8>> {
    Mend::parse(data).map(|frame| frame.emit())
}

/// The content of a frame of the reply slot.
pub fn content(data: &[u8]) -> Option<Vec<u8>> {
    Content::parse(data).map(|(epoch, to_epoch, content)| content.emit(epoch, to_epoch))
}

/// What is in a sealed frame of `sender` for `reader`.
pub fn open(data: &[u8], reader: &Identity, sender: &Identity) -> Option<Vec<u8>> {
    let seal::Parsed::Sealed(frame) = seal::parse(data) else { return None };
    let key = PairKey::new(reader, &PublicKey::from_bytes(&sender.public())?);
    key.open(&frame).map(|content| content.to_vec())
}

/// `content` sealed by `sender` for `reader`.
pub fn sealed(content: &[u8], nonce: [u8; 24], sender: &Identity, reader: &Identity) -> Option<Vec<u8>> {
    let key = PairKey::new(sender, &PublicKey::from_bytes(&reader.public())?);
    key.seal(sender.id(), reader.id(), nonce, content)
}

/// The pieces that a text is cut into for the wire.
pub fn cut(text: &str, max: usize) -> Vec<&str> {
    envelope::cut(text, max)
}

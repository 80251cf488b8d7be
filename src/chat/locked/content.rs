//! What is sealed in a datagram of a locked room.

use super::super::bytes::Reader;
use super::super::event::Kind;
use super::super::hlc::Stamp;
use super::super::id::{LineId, PeerId};
use super::envelope::MAX_CONTENT;

/// Flag: the line is about another.
const REFERS: u8 = 1;
/// Bytes before the text, and of the line that is named.
const HEADER: usize = 12;
const REFERENCE: usize = 16;
/// The content is filled up to a multiple of this, so that its length tells little.
const STEP: usize = MAX_CONTENT / 3;

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum ContentKind {
    /// As in an open room.
    Line(Kind),
    /// The author has changed the passphrase: what follows is said in another room.
    NewPassphrase,
}

/// A part of a line as its author has sealed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Content<'a> {
    pub(in super::super) kind: ContentKind,
    pub(in super::super) about: Option<LineId>,
    pub(in super::super) stamp: Stamp,
    pub(in super::super) text: &'a str,
}

/// Most bytes of text in one part; less where it `refers` to another line.
pub(in super::super) fn text_room(refers: bool) -> usize {
    MAX_CONTENT - HEADER - if refers { REFERENCE } else { 0 }
}

impl<'a> Content<'a> {
    pub(in super::super) fn emit(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_CONTENT);
        out.push(match self.kind {
            ContentKind::Line(Kind::Say) => 1,
            ContentKind::Line(Kind::Action) => 2,
            ContentKind::Line(Kind::Topic) => 3,
            ContentKind::Line(Kind::Reaction) => 4,
            ContentKind::NewPassphrase => 5,
        });
        out.push(if self.about.is_some() { REFERS } else { 0 });
        out.extend_from_slice(&self.stamp.0.to_be_bytes());
        let length = u16::try_from(self.text.len()).unwrap_or(u16::MAX); // longer ones do not fit anyway
        out.extend_from_slice(&length.to_be_bytes());
        if let Some(about) = self.about {
            out.extend_from_slice(&about.sender.0);
            out.extend_from_slice(&about.epoch.to_be_bytes());
            out.extend_from_slice(&about.seq.to_be_bytes());
        }
        out.extend_from_slice(self.text.as_bytes());
        out.resize(out.len().next_multiple_of(STEP), 0);
        out
    }

    /// None where it makes no sense. What follows the text is padding, or of the future.
    pub(in super::super) fn parse(data: &'a [u8]) -> Option<Self> {
        let mut r = Reader(data);
        let kind = match r.u8()? {
            2 => ContentKind::Line(Kind::Action),
            3 => ContentKind::Line(Kind::Topic),
            4 => ContentKind::Line(Kind::Reaction),
            5 => ContentKind::NewPassphrase,
            _ => ContentKind::Line(Kind::Say), // a kind of the future, too: its text is there to be read
        };
        let flags = r.u8()?;
        let stamp = Stamp(r.u64()?);
        let length = usize::from(r.u16()?);
        let about = if flags & REFERS == 0 {
            None
        } else {
            Some(LineId { sender: PeerId(r.array()?), epoch: r.u32()?, seq: r.u32()? })
        };
        let text = std::str::from_utf8(r.take(length)?).ok()?;
        Some(Self { kind, about, stamp, text })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comes_back_in_one_of_three_sizes() {
        let about = LineId { sender: PeerId([5; 8]), epoch: 8, seq: 1 };
        let kinds = [Kind::Say, Kind::Action, Kind::Topic, Kind::Reaction].map(ContentKind::Line);
        for kind in kinds.into_iter().chain([ContentKind::NewPassphrase]) {
            for about in [None, Some(about)] {
                for length in [0, 1, 60, 100, text_room(about.is_some())] {
                    let text = "x".repeat(length);
                    let content = Content { kind, about, stamp: Stamp(7), text: &text };
                    let data = content.emit();
                    assert_eq!(Content::parse(&data), Some(content));
                    assert!([STEP, 2 * STEP, MAX_CONTENT].contains(&data.len()), "{}", data.len());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn parse_never_panics(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Content::parse(&data);
        }
    }
}

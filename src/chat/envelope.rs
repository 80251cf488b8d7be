//! One line as bytes and back: text first, then a NUL, then a signed trailer of 98 bytes (docs/PROTOCOL.md, "Lines").
//!
//! A mailslot reader from 1994 prints the text and stops at the NUL.

use super::bytes::Reader;
use super::checks::Checks;
use super::event::Kind;
use super::hlc::Stamp;
use super::id::{LineId, PeerId};
use super::identity::{Identity, PublicKey};
use super::limits::MAX_DATA;
use super::locked::SEALED_START;

/// First two bytes of everything binary.
pub(super) const MAGIC: [u8; 2] = *b"LC";
/// Bytes of the trailer, signature included.
pub(super) const TRAILER: usize = 98;
/// Flag: the trailer names another line, which takes [`REFERENCE`] bytes more.
pub(super) const REFERS: u8 = 1;
/// Bytes of the line that is named.
const REFERENCE: usize = 16;
/// What is signed begins with this.
const DOMAIN: &[u8] = b"lanchat line 1\0";
const VERSION: u8 = 1;
const SIGNATURE: usize = 64;

/// First four bytes of BLAKE3 over a room's name.
pub(super) type RoomTag = [u8; 4];

/// The tag of the room `name`.
pub(super) fn room_tag(name: &str) -> RoomTag {
    let [a, b, c, d, ..] = *blake3::hash(name.as_bytes()).as_bytes();
    [a, b, c, d]
}

/// One datagram of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Text with its author's name in front, as a plain reader sees it.
    pub(super) text: &'a str,
    /// Speech or action.
    pub(super) kind: Kind,
    /// The line that it answers or is a reaction to.
    pub(super) about: Option<LineId>,
    /// The room.
    pub(super) room: RoomTag,
    /// Author, epoch, and number of this datagram among the author's.
    pub(super) id: LineId,
    /// Which part this is, from 0.
    pub(super) index: u8,
    /// Of how many, at least 1.
    pub(super) count: u8,
    /// When it was said.
    pub(super) stamp: Stamp,
}

/// What the data of a message to the chat slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed<'a> {
    /// A line with a trailer; the signature is not checked yet.
    Signed(Part<'a>),
    /// Text of a program that knows no trailer: all up to the first NUL.
    Plain(&'a [u8]),
    /// A line in a format of the future.
    Newer,
}

impl<'a> Part<'a> {
    /// The part as the data of a datagram.
    pub(super) fn emit(&self, identity: &Identity) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 1 + TRAILER);
        out.extend_from_slice(self.text.as_bytes());
        out.push(0);
        out.extend_from_slice(&MAGIC);
        out.push(VERSION << 4 | kind_code(self.kind));
        out.push(if self.about.is_some() { REFERS } else { 0 });
        out.extend_from_slice(&self.room);
        out.extend_from_slice(&self.id.sender.0);
        out.extend_from_slice(&self.id.epoch.to_be_bytes());
        out.extend_from_slice(&self.id.seq.to_be_bytes());
        out.push(self.index);
        out.push(self.count);
        out.extend_from_slice(&self.stamp.0.to_be_bytes());
        if let Some(about) = self.about {
            out.extend_from_slice(&about.sender.0);
            out.extend_from_slice(&about.epoch.to_be_bytes());
            out.extend_from_slice(&about.seq.to_be_bytes());
        }
        let signature = identity.sign(DOMAIN, &out);
        out.extend_from_slice(&signature);
        out
    }

    /// Takes the data of a message apart. Nothing is believed before [`verify`].
    pub(super) fn parse(data: &'a [u8]) -> Parsed<'a> {
        let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
        let (text, rest) = data.split_at(end);
        let mut reader = Reader(rest);
        // What begins as a line of a locked room does would be taken for one when it is repaired.
        if reader.u8().is_none() || reader.array() != Some(MAGIC) || data.starts_with(&SEALED_START) {
            return Parsed::Plain(text);
        }
        match reader.u8() {
            // A longer one could not be repaired: the data must fit into a repair.
            Some(byte) if byte >> 4 == VERSION && data.len() <= MAX_DATA => {
                Self::fields(text, byte & 15, reader).map_or(Parsed::Plain(text), Parsed::Signed)
            }
            Some(byte) if byte >> 4 > VERSION => Parsed::Newer,
            _ => Parsed::Plain(text),
        }
    }

    fn fields(text: &'a [u8], kind: u8, mut r: Reader<'a>) -> Option<Self> {
        let kind = match kind {
            2 => Kind::Action,
            3 => Kind::Topic,
            4 => Kind::Reaction,
            _ => Kind::Say, // a kind of the future, too: its text is there to be read
        };
        let flags = r.u8()?;
        let room = r.array()?;
        let id = LineId { sender: PeerId(r.array()?), epoch: r.u32()?, seq: r.u32()? };
        let (index, count) = (r.u8()?, r.u8()?);
        let stamp = Stamp(r.u64()?);
        let about = if flags & REFERS == 0 {
            None
        } else {
            Some(LineId { sender: PeerId(r.array()?), epoch: r.u32()?, seq: r.u32()? })
        };
        let text = std::str::from_utf8(text).ok()?;
        // The numbers of all its parts, and the one after them, must be numbers.
        let first = id.seq.checked_sub(u32::from(index)).filter(|first| *first > 0);
        let numbered = first.is_some_and(|first| first.checked_add(u32::from(count)).is_some());
        let whole = r.0.len() == SIGNATURE && index < count && numbered && id.epoch > 0;
        whole.then_some(Self { text, kind, about, room, id, index, count, stamp })
    }

    /// Number of the line's first part: the line's own number.
    pub(super) fn first(&self) -> u32 {
        self.id.seq.saturating_sub(u32::from(self.index))
    }

    /// The words of the author, without the name in front.
    pub(super) fn body(&self) -> &'a str {
        let rest = match self.kind {
            Kind::Say => self.text.strip_prefix('<').and_then(|t| t.split_once("> ")),
            Kind::Action | Kind::Topic | Kind::Reaction => {
                self.text.strip_prefix("* ").and_then(|t| t.split_once(' '))
            }
        };
        rest.map_or(self.text, |(_, body)| body)
    }
}

/// Whether the signature at the end of a line's data is `key`'s.
pub(super) fn verify(data: &[u8], key: &PublicKey, checks: &Checks) -> bool {
    checks.verify(key, DOMAIN, data)
}

fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::Say => 1,
        Kind::Action => 2,
        Kind::Topic => 3,
        Kind::Reaction => 4,
    }
}

/// What stands before the text of each part.
pub(super) fn prefix(kind: Kind, nick: &str) -> String {
    match kind {
        Kind::Say => format!("<{nick}> "),
        Kind::Action | Kind::Topic | Kind::Reaction => format!("* {nick} "),
    }
}

/// Most bytes of text in one part, with this much in front of it; less where it `refers` to another line.
pub(super) fn room_for_text(prefix: usize, refers: bool) -> usize {
    MAX_DATA - 1 - TRAILER - prefix - if refers { REFERENCE } else { 0 }
}

/// Cuts `text` into pieces of at most `max` bytes, between graphemes, and within one only where it alone is too long.
pub(super) fn cut(text: &str, max: usize) -> Vec<&str> {
    use unicode_segmentation::UnicodeSegmentation;
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > max {
        let mut at = 0;
        for (start, grapheme) in rest.grapheme_indices(true) {
            if start + grapheme.len() > max {
                break;
            }
            at = start + grapheme.len();
        }
        if at == 0 {
            at = (1..=max.max(4)).rev().find(|i| rest.is_char_boundary(*i)).unwrap_or(rest.len());
        }
        let (piece, tail) = rest.split_at(at);
        pieces.push(piece);
        rest = tail;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(text: &str) -> (Identity, Part<'_>) {
        let me = Identity::from_secret(&[7; 32]);
        let id = LineId { sender: me.id(), epoch: 9, seq: 4 };
        (
            me,
            Part {
                text,
                kind: Kind::Say,
                about: None,
                room: room_tag("lobby"),
                id,
                index: 1,
                count: 3,
                stamp: Stamp::at(1_700_000_000_000),
            },
        )
    }

    #[test]
    fn comes_back_as_it_went() {
        let (me, part) = sample("<alice> hello");
        let data = part.emit(&me);
        assert_eq!(data.len(), "<alice> hello".len() + 1 + TRAILER);
        assert_eq!(Part::parse(&data), Parsed::Signed(part));
        assert_eq!((part.body(), part.first()), ("hello", 3));
        for kind in [Kind::Say, Kind::Action, Kind::Topic, Kind::Reaction] {
            let about = Some(LineId { sender: PeerId([5; 8]), epoch: 8, seq: 1 });
            let data = Part { kind, about, ..part }.emit(&me);
            assert_eq!(data.len(), "<alice> hello".len() + 1 + TRAILER + REFERENCE);
            assert_eq!(Part::parse(&data), Parsed::Signed(Part { kind, about, ..part }));
        }
        let key = PublicKey::from_bytes(&me.public()).unwrap();
        assert!(verify(&data, &key, &Checks::default()));
        for i in 0..data.len() {
            let mut forged = data.clone();
            forged[i] ^= 1;
            assert!(!verify(&forged, &key, &Checks::default()), "byte {i} is not covered");
        }
    }

    #[test]
    fn text_of_old_programs_is_plain() {
        assert_eq!(Part::parse(b"hello"), Parsed::Plain(b"hello"));
        assert_eq!(Part::parse(b"hello\0"), Parsed::Plain(b"hello"));
        assert_eq!(Part::parse(b"hello\0LC\x11rubbish"), Parsed::Plain(b"hello"));
        assert_eq!(Part::parse(b""), Parsed::Plain(b""));
        assert_eq!(Part::parse(b"hi\0LC\x21and more"), Parsed::Newer);
    }

    #[test]
    fn a_line_too_long_to_be_repaired_is_no_line_of_ours() {
        for (length, good) in [(MAX_DATA, true), (MAX_DATA + 1, false)] {
            let text = "x".repeat(length - 1 - TRAILER);
            let (me, part) = sample(&text);
            assert_eq!(matches!(Part::parse(&part.emit(&me)), Parsed::Signed(_)), good, "{length}");
        }
    }

    #[test]
    fn numbers_beyond_the_last_are_refused() {
        let (me, part) = sample("<alice> hello");
        for (seq, index, count, good) in [
            (1, 0, 1, true),
            (1, 1, 2, false),
            (u32::MAX - 1, 0, 1, true),
            (u32::MAX, 0, 1, false),
            (u32::MAX, 3, 255, false),
            (u32::MAX - 300, 44, 255, true),
        ] {
            let data = Part { id: LineId { seq, ..part.id }, index, count, ..part }.emit(&me);
            assert_eq!(matches!(Part::parse(&data), Parsed::Signed(_)), good, "{seq} {index} {count}");
        }
    }

    proptest! {
        #[test]
        fn cutting_loses_nothing(text in any::<String>(), max in 4..400_usize) {
            let pieces = cut(&text, max);
            prop_assert_eq!(pieces.concat(), text.as_str());
            prop_assert!(pieces.iter().all(|p| p.len() <= max));
        }

        #[test]
        fn parse_never_panics(data in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = Part::parse(&data);
        }
    }
}

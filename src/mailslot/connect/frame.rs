//! The bytes of the slot `lanchat\connect` (docs/PROTOCOL.md 12). Parsing allocates nothing.

/// What every frame begins with: magic and version.
const START: [u8; 3] = *b"LC\x01";
const QUESTION: u8 = 48;
const ANSWER: u8 = 49;
/// Most bytes of a name.
const NAME_LEN: usize = 255;

/// What is looked for by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A mailslot that takes messages too long for a datagram.
    Mailslot,
    /// A named pipe.
    Pipe,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Self::Mailslot => 1,
            Self::Pipe => 2,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::Mailslot, Self::Pipe].into_iter().find(|kind| kind.code() == code)
    }
}

/// A frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// On which TCP port is this?
    Question {
        /// Random; the answer repeats it.
        nonce: [u8; 8],
        /// What it is.
        kind: Kind,
        /// What it is called; see [`valid`].
        name: &'a str,
    },
    /// On this one.
    Answer {
        /// That of the question.
        nonce: [u8; 8],
        /// TCP port, not 0.
        port: u16,
    },
}

/// Whether something can be asked for by this name: 1 to 255 printable ASCII characters. Case means nothing.
pub fn valid(name: &str) -> bool {
    (1..=NAME_LEN).contains(&name.len()) && name.bytes().all(|b| matches!(b, b' '..=b'~'))
}

impl<'a> Frame<'a> {
    /// Reads a frame. None when it is not one: cut short, of another version, type or kind, or with a bad name.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&code, rest) = bytes.strip_prefix(&START)?.split_first()?;
        let (&nonce, rest) = rest.split_first_chunk()?;
        match code {
            QUESTION => {
                let (&kind, name) = rest.split_first()?;
                let name = std::str::from_utf8(name).ok().filter(|name| valid(name))?;
                Some(Self::Question { nonce, kind: Kind::from_code(kind)?, name })
            }
            ANSWER => {
                let (&port, _later_versions) = rest.split_first_chunk()?;
                let port = u16::from_be_bytes(port);
                (port != 0).then_some(Self::Answer { nonce, port })
            }
            _ => None,
        }
    }

    /// The frame's bytes.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = START.to_vec();
        match self {
            Self::Question { nonce, kind, name } => {
                out.push(QUESTION);
                out.extend_from_slice(nonce);
                out.push(kind.code());
                out.extend_from_slice(name.as_bytes());
            }
            Self::Answer { nonce, port } => {
                out.push(ANSWER);
                out.extend_from_slice(nonce);
                out.extend_from_slice(&port.to_be_bytes());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");
    const NONCE: [u8; 8] = [0x24; 8];

    fn documented(frame: &Frame<'_>) {
        let bytes = frame.emit();
        assert_eq!(Frame::parse(&bytes).as_ref(), Some(frame));
        let hex = bytes.iter().fold(String::new(), |hex, b| format!("{hex}{b:02x}"));
        let bare = DOCUMENT.split_whitespace().collect::<String>();
        assert!(bare.contains(&hex), "docs/PROTOCOL.md lacks {frame:?}:\n{hex}");
    }

    #[test]
    fn the_document_shows_what_the_code_makes() {
        documented(&Frame::Question { nonce: NONCE, kind: Kind::Pipe, name: "echo" });
        documented(&Frame::Question { nonce: NONCE, kind: Kind::Mailslot, name: r"logs\big" });
        documented(&Frame::Answer { nonce: NONCE, port: 40_000 });
    }

    #[test]
    fn an_answer_is_never_longer_than_its_question() {
        let question = Frame::Question { nonce: NONCE, kind: Kind::Pipe, name: "x" };
        assert!(Frame::Answer { nonce: NONCE, port: 1 }.emit().len() <= question.emit().len());
    }

    #[test]
    fn what_is_no_frame_is_none() {
        let question = Frame::Question { nonce: NONCE, kind: Kind::Pipe, name: "x" }.emit();
        let answer = Frame::Answer { nonce: NONCE, port: 9 }.emit();
        for whole in [&question, &answer] {
            for end in 0..whole.len() {
                assert_eq!(Frame::parse(&whole[..end]), None, "{end}");
            }
            for (at, value) in [(0, 0), (1, 0), (2, 2), (3, 50)] {
                let mut bent = whole.clone();
                bent[at] = value;
                assert_eq!(Frame::parse(&bent), None, "{at}");
            }
        }
        for (at, value) in [(12, 0), (12, 3), (13, b'\n'), (13, 0xe9)] {
            let mut bent = question.clone();
            bent[at] = value;
            assert_eq!(Frame::parse(&bent), None, "{at}");
        }
        assert_eq!(Frame::parse(&Frame::Answer { nonce: NONCE, port: 0 }.emit()), None);
        let long = "x".repeat(256);
        assert_eq!(
            Frame::parse(&Frame::Question { nonce: NONCE, kind: Kind::Pipe, name: &long }.emit()),
            None
        );
    }
}

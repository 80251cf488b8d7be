//! Pop-ups as WinPopup and `net send` write them to `\MAILSLOT\MESSNGR`: three texts, each ended by NUL, in an OEM
//! code page.
//!
//! No specification spells this layout out; \[MS-MSRP\] has only the forms that go over a connection, from which comes that
//! 0x14 stands for a line break. Some senders forget the last NUL.

use super::CodePage;
use crate::text::SafeText;

/// Most bytes of a pop-up on the network, its three NULs included: what one mailslot write carries.
pub const MAX: usize = 424;
/// The byte that stands for a line break.
const LINE_BREAK: u8 = 0x14;

/// Why data is no pop-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("this is no pop-up: it must have a sender, a recipient and a text, each ended by NUL")]
pub struct NotAPopup;

/// Why a text cannot become a pop-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// It does not fit into one mailslot write.
    #[error(
        "the pop-up has {bytes} bytes, but with these names at most {limit} go into one; shorten the text"
    )]
    TooLong {
        /// Bytes of the text.
        bytes: usize,
        /// How many there may be, after both names.
        limit: usize,
    },
    /// The code page has no such character, or it is NUL or the one that stands for a line break.
    #[error(
        "the OEM code page {page} has no {character:?}; leave it out, or set oem_codepage to the one that your readers use"
    )]
    Character {
        /// Which.
        character: char,
        /// The number of the code page.
        page: u16,
    },
}

/// A pop-up on the wire. No part holds NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Popup<'a> {
    from: &'a [u8],
    to: &'a [u8],
    text: &'a [u8],
}

/// A pop-up as it is read. Nothing of it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopupText {
    /// Who it says it is from, one line.
    pub from: SafeText,
    /// Whom it is for, one line: a computer, a user or a group.
    pub to: SafeText,
    /// What it says; may hold newlines.
    pub text: SafeText,
}

impl<'a> Popup<'a> {
    /// Reads what was written to the slot, without allocating. What stands behind the third NUL is ignored.
    ///
    /// # Errors
    /// When it does not hold two NULs: then there is no text.
    pub fn parse(data: &'a [u8]) -> Result<Self, NotAPopup> {
        let mut parts = data.split(|b| *b == 0);
        let mut next = || parts.next().ok_or(NotAPopup);
        Ok(Self { from: next()?, to: next()?, text: next()? })
    }

    /// Appends the three texts, each with its NUL.
    pub fn emit(&self, out: &mut Vec<u8>) {
        for part in [self.from, self.to, self.text] {
            out.extend_from_slice(part);
            out.push(0);
        }
    }

    /// The pop-up as text.
    pub fn read(&self, page: CodePage) -> PopupText {
        let lines: Vec<_> = self.text.split(|b| *b == LINE_BREAK).map(|line| page.decode(line)).collect();
        let line = |bytes| SafeText::line(&page.decode(bytes));
        PopupText {
            from: line(self.from),
            to: line(self.to),
            text: SafeText::clean(lines.join("\n").trim_end()),
        }
    }
}

/// The bytes of a pop-up. Line breaks of every kind become 0x14.
///
/// # Errors
/// When a character has no byte in the code page, or all is over [`MAX`] bytes.
pub fn write(from: &str, to: &str, text: &str, page: CodePage) -> Result<Vec<u8>, EmitError> {
    let (from, to) = (encode(from, page)?, encode(to, page)?);
    let lines = text.replace("\r\n", "\n").replace("\n\r", "\n");
    let lines: Result<Vec<_>, _> = lines.split(['\n', '\r']).map(|line| encode(line, page)).collect();
    let text = lines?.join(&LINE_BREAK);
    let limit = MAX.saturating_sub(from.len() + to.len() + 3);
    if text.len() > limit {
        return Err(EmitError::TooLong { bytes: text.len(), limit });
    }
    let mut out = Vec::with_capacity(MAX);
    Popup { from: &from, to: &to, text: &text }.emit(&mut out);
    Ok(out)
}

fn encode(text: &str, page: CodePage) -> Result<Vec<u8>, EmitError> {
    let byte = |character| {
        let byte = page.encode(character).filter(|b| *b != 0 && *b != LINE_BREAK);
        byte.ok_or(EmitError::Character { character, page: page.number() })
    };
    text.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page() -> CodePage {
        CodePage::new(CodePage::DEFAULT).unwrap()
    }

    #[test]
    fn the_last_nul_may_be_missing_and_what_follows_it_is_ignored() {
        for data in [
            &b"ALICE\0BOB\0hi\x14there\0"[..],
            b"ALICE\0BOB\0hi\x14there",
            b"ALICE\0BOB\0hi\x14there\0junk\0",
        ] {
            let popup = Popup::parse(data).unwrap().read(page());
            assert_eq!((popup.from.as_str(), popup.to.as_str()), ("ALICE", "BOB"));
            assert_eq!(popup.text.as_str(), "hi\nthere");
        }
        for data in [&b""[..], b"ALICE", b"ALICE\0BOB"] {
            assert_eq!(Popup::parse(data), Err(NotAPopup));
        }
        assert_eq!(Popup::parse(b"\0\0").unwrap().read(page()).text.as_str(), "");
    }

    #[test]
    fn every_line_break_becomes_one_byte() {
        for text in ["a\nb", "a\r\nb", "a\rb", "a\n\rb"] {
            assert_eq!(write("F", "T", text, page()).unwrap(), b"F\0T\0a\x14b\0");
        }
    }

    #[test]
    fn the_text_has_what_the_names_leave() {
        let limit = 424 - 5 - 9 - 3;
        let whole = write("ALICE", "WORKGROUP", &"ü".repeat(limit), page()).unwrap();
        assert_eq!(whole.len(), 424);
        let over = write("ALICE", "WORKGROUP", &"ü".repeat(limit + 1), page());
        assert_eq!(over, Err(EmitError::TooLong { bytes: limit + 1, limit }));
        let long = "x".repeat(500);
        assert_eq!(write(&long, "T", "x", page()), Err(EmitError::TooLong { bytes: 1, limit: 0 }));
    }

    #[test]
    fn what_the_code_page_lacks_is_named() {
        for character in ['😀', '\0', '\u{14}'] {
            let told = write("A", "B", &format!("x{character}"), page());
            assert_eq!(told, Err(EmitError::Character { character, page: 850 }));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(from in "[a-z]{1,15}", to in "[a-zé]{1,15}", text in "[ -~äöü\n]{0,300}") {
            let bytes = write(&from, &to, &text, page()).unwrap();
            let read = Popup::parse(&bytes).unwrap().read(page());
            prop_assert_eq!(read.from.as_str(), from);
            prop_assert_eq!(read.to.as_str(), to);
            let expected = SafeText::clean(text.trim_end());
            prop_assert_eq!(read.text, expected);
        }
    }
}

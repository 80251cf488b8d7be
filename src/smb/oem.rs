//! OEM code pages: how programs before Unicode wrote what is not ASCII (DOS, Windows 9x, Samba's `dos charset`).
//!
//! Nothing in a datagram tells which page was meant. 850, Western Europe, is what Samba takes unless told otherwise; it
//! agrees with 437, that of the United States, on nearly all letters.

use std::fmt;

use oem_cp::OEMCPHashMap;
use oem_cp::code_table::{
    DECODING_TABLE_CP_MAP, DECODING_TABLE_CP850, ENCODING_TABLE_CP_MAP, ENCODING_TABLE_CP850,
};
use oem_cp::code_table_type::TableType;

/// A code page with one byte for each character.
#[derive(Clone, Copy)]
pub struct CodePage {
    number: u16,
    decode: &'static TableType,
    encode: &'static OEMCPHashMap<char, u8>,
}

static WESTERN: TableType = TableType::Complete(&DECODING_TABLE_CP850);

/// There is no such code page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no OEM code page {0}; take 850 (Western Europe), 437 (USA), 852 (Central Europe) or 866 (Cyrillic)"
)]
pub struct UnknownCodePage(u16);

impl CodePage {
    /// The number of the page that is taken unless told otherwise.
    pub const DEFAULT: u16 = 850;

    /// The page of this number, such as 850 or 437.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(number: u16) -> Result<Self, UnknownCodePage> {
        let found = DECODING_TABLE_CP_MAP.get(&number).zip(ENCODING_TABLE_CP_MAP.get(&number));
        let (decode, encode) = found.ok_or(UnknownCodePage(number))?;
        Ok(Self { number, decode, encode })
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.number
    }

    /// The text that the bytes stand for; U+FFFD for a byte that stands for nothing. May hold control characters: make
    /// it [`SafeText`](crate::text::SafeText) before it is shown.
    pub fn decode(self, bytes: &[u8]) -> String {
        self.decode.decode_string_lossy(bytes)
    }

    /// The byte of a character; none when the page has none for it.
    pub fn encode(self, c: char) -> Option<u8> {
        if c.is_ascii() { u8::try_from(c).ok() } else { self.encode.get(&c).copied() }
    }
}

impl Default for CodePage {
    /// 850.
    fn default() -> Self {
        Self { number: Self::DEFAULT, decode: &WESTERN, encode: &ENCODING_TABLE_CP850 }
    }
}

impl PartialEq for CodePage {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for CodePage {}

impl fmt::Debug for CodePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodePage({})", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_there_and_back() {
        let western = CodePage::default();
        assert_eq!(CodePage::new(western.number()), Ok(western));
        assert_eq!(western.decode(b"gr\x81\xe1 dich, na\x8bve"), "grüß dich, naïve");
        assert_eq!(CodePage::new(866).unwrap().decode(b"\x8f\xe0\xa8\xa2\xa5\xe2"), "Привет");
        for number in [437, 850, 852, 857, 866] {
            let page = CodePage::new(number).unwrap();
            for byte in 0..=255 {
                let text = page.decode(&[byte]);
                let c = text.chars().next().unwrap();
                assert!(c == '\u{fffd}' || page.encode(c) == Some(byte), "{number}: {byte:02x}");
            }
        }
        assert_eq!(western.encode('😀'), None);
        assert_eq!(CodePage::new(1), Err(UnknownCodePage(1)));
    }
}

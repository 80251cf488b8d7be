//! Names and comments in browser frames: bytes of an OEM code page, ended by NUL; and what reads them.

use super::Error;

/// Why bytes cannot be a name or comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// No byte at all.
    #[error("a computer name needs at least one character")]
    Empty,
    /// Over so many bytes.
    #[error("the text has {bytes} bytes, at most {most} fit")]
    TooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// NUL ends a text, so it cannot be inside.
    #[error("the text holds a NUL")]
    Nul,
}

/// The name of a computer or group: 1 to 15 bytes without NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineName<'a>(&'a [u8]);

/// What a computer says of itself: up to 43 bytes without NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Comment<'a>(&'a [u8]);

fn checked(bytes: &[u8], most: usize) -> Result<&[u8], BadText> {
    match bytes.len() {
        len if len > most => Err(BadText::TooLong { bytes: len, most }),
        _ if bytes.contains(&0) => Err(BadText::Nul),
        _ => Ok(bytes),
    }
}

impl<'a> MachineName<'a> {
    /// Most bytes.
    pub const MAX: usize = 15;

    /// A name of these bytes.
    ///
    /// # Errors
    /// When there are none, over 15, or one is NUL.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BadText> {
        if bytes.is_empty() { Err(BadText::Empty) } else { checked(bytes, Self::MAX).map(Self) }
    }

    /// The bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Appends the name in the 16 bytes of its field.
    pub(super) fn put_field(self, out: &mut Vec<u8>) {
        let end = out.len() + 16;
        out.extend_from_slice(self.0);
        out.resize(end, 0);
    }

    /// Appends the name and its NUL.
    pub(super) fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
        out.push(0);
    }
}

impl<'a> Comment<'a> {
    /// Most bytes.
    pub const MAX: usize = 43;

    /// A comment of these bytes.
    ///
    /// # Errors
    /// When there are over 43, or one is NUL.
    pub fn new(bytes: &'a [u8]) -> Result<Self, BadText> {
        checked(bytes, Self::MAX).map(Self)
    }

    /// The bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
        out.push(0);
    }
}

/// Takes fields off the front of the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (field, rest) = self.0.split_first_chunk().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(field)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        self.take().map(|[byte]| *byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        self.take().map(|b| u16::from_le_bytes(*b))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        self.take().map(|b| u32::from_le_bytes(*b))
    }

    /// The bytes up to the next NUL, which is taken, too.
    fn text(&mut self) -> Result<&'a [u8], Error> {
        let end = self.0.iter().position(|b| *b == 0).ok_or(Error::Truncated)?;
        let (text, rest) = self.0.split_at_checked(end).ok_or(Error::Truncated)?;
        self.0 = rest.get(1..).unwrap_or_default();
        Ok(text)
    }

    /// A name and its NUL.
    pub(super) fn name(&mut self) -> Result<MachineName<'a>, Error> {
        MachineName::new(self.text()?).map_err(|_| Error::Name)
    }

    /// A name and its NUL, or the NUL alone.
    pub(super) fn optional_name(&mut self) -> Result<Option<MachineName<'a>>, Error> {
        match MachineName::new(self.text()?) {
            Ok(name) => Ok(Some(name)),
            Err(BadText::Empty) => Ok(None),
            Err(_) => Err(Error::Name),
        }
    }

    /// A name in a field of 16 bytes; what stands behind its NUL means nothing.
    pub(super) fn name_field(&mut self) -> Result<MachineName<'a>, Error> {
        Reader(self.take::<16>()?).name().map_err(|_| Error::Name)
    }

    /// A comment and its NUL. Of one that is too long, the start is taken.
    pub(super) fn comment(&mut self) -> Result<Comment<'a>, Error> {
        let text = self.text()?;
        Ok(Comment(text.get(..Comment::MAX).unwrap_or(text)))
    }
}

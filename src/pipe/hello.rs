//! What the two ends tell each other before the first message (docs/PROTOCOL.md, "Pipes"): what is asked for, and the
//! answer. Bytes and back, without I/O.

use super::{Direction, Mode, PipeName};

/// Opens every connection, before anything else: what follows is of this version.
pub const MAGIC: [u8; 8] = *b"LANPIPE\x01";

/// Largest size that a message may have, in bytes, whatever the server says: 16 MiB.
pub const MAX_MESSAGE: u32 = 16 << 20;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// It must be able to read.
    pub read: bool,
    /// It must be able to write.
    pub write: bool,
    /// The pipe's name.
    pub name: PipeName,
}

/// What the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// 0, or the Win32 code of the refusal.
    pub code: u32,
    /// Which way data goes.
    pub direction: Direction,
    /// Whether messages keep their boundaries.
    pub mode: Mode,
    /// Largest message in bytes, at most [`MAX_MESSAGE`].
    pub max_message: u32,
}

impl Request {
    /// The bytes: flags (1 read, 2 write), length of the name, name.
    pub fn emit(&self) -> Vec<u8> {
        let name = self.name.as_str().as_bytes();
        let flags = u8::from(self.read) | u8::from(self.write) << 1;
        let mut out = vec![flags, u8::try_from(name.len()).unwrap_or(u8::MAX)];
        out.extend_from_slice(name);
        out
    }

    /// The request in these bytes, if they are one. What follows it is left to later versions.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let ([flags, length], rest) = data.split_first_chunk()?;
        let name = rest.get(..usize::from(*length))?;
        let name = std::str::from_utf8(name).ok()?.parse().ok()?;
        Some(Self { read: flags & 1 != 0, write: flags & 2 != 0, name })
    }
}

impl Reply {
    /// Size on the wire in bytes.
    pub const LEN: usize = 10;

    /// The bytes: code, direction (0 inbound, 1 outbound, 2 duplex), mode (0 byte, 1 message), largest message.
    pub fn emit(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let direction = match self.direction {
            Direction::Inbound => 0,
            Direction::Outbound => 1,
            Direction::Duplex => 2,
        };
        let fields =
            self.code.to_le_bytes().into_iter().chain([direction, u8::from(self.mode == Mode::Message)]);
        for (to, from) in out.iter_mut().zip(fields.chain(self.max_message.to_le_bytes())) {
            *to = from;
        }
        out
    }

    /// The reply in these bytes, if they are one.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (code, rest) = data.split_first_chunk()?;
        let ([direction, mode], rest) = rest.split_first_chunk()?;
        let (max, _) = rest.split_first_chunk()?;
        let direction = match direction {
            0 => Direction::Inbound,
            1 => Direction::Outbound,
            2 => Direction::Duplex,
            _ => return None,
        };
        let mode = match mode {
            0 => Mode::Byte,
            1 => Mode::Message,
            _ => return None,
        };
        let max_message = u32::from_le_bytes(*max);
        (max_message <= MAX_MESSAGE).then_some(Self {
            code: u32::from_le_bytes(*code),
            direction,
            mode,
            max_message,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let request = Request { read: true, write: false, name: r"lanchat\x".parse().unwrap() };
        assert_eq!(request.emit(), b"\x01\x09lanchat\\x");
        assert_eq!(Request::parse(&request.emit()), Some(request.clone()));
        for n in 0..request.emit().len() {
            assert_eq!(Request::parse(&request.emit()[..n]), None, "{n} bytes");
        }
        let reply =
            Reply { code: 231, direction: Direction::Duplex, mode: Mode::Message, max_message: MAX_MESSAGE };
        assert_eq!(reply.emit(), [231, 0, 0, 0, 2, 1, 0, 0, 0, 1]);
        assert_eq!(Reply::parse(&reply.emit()), Some(reply));
        assert_eq!(Reply::parse(&Reply { max_message: MAX_MESSAGE + 1, ..reply }.emit()), None);
        for n in 0..Reply::LEN {
            assert_eq!(Reply::parse(&reply.emit()[..n]), None, "{n} bytes");
        }
    }
}

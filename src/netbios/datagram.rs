//! The datagram that carries a mailslot write on UDP port 138 (RFC 1002 4.4.1 and 4.4.2).
//!
//! Only whole datagrams are read: a mailslot write is never sent in fragments, so a fragment is noise. The sender's node
//! type, reserved flags and the length field are ignored, since real senders fill them in differently.

use std::net::Ipv4Addr;

use super::{Error, Name};

/// Bytes of the header before the names.
const HEADER_LEN: usize = 14;
/// Flag: more fragments follow.
const MORE: u8 = 0x01;
/// Flag: this is the first fragment.
const FIRST: u8 = 0x02;

/// To whom a datagram is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One computer, by unicast (type 0x10).
    Unique,
    /// A group, by subnet broadcast (type 0x11).
    Group,
    /// Everybody, by subnet broadcast (type 0x12).
    Broadcast,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Self::Unique => 0x10,
            Self::Group => 0x11,
            Self::Broadcast => 0x12,
        }
    }

    fn from_code(code: u8) -> Result<Self, Error> {
        match code {
            0x10 => Ok(Self::Unique),
            0x11 => Ok(Self::Group),
            0x12 => Ok(Self::Broadcast),
            other => Err(Error::Type(other)),
        }
    }
}

/// A whole NetBIOS datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// To whom.
    pub kind: Kind,
    /// The sender's number for it; together with the sender it tells duplicates.
    pub id: u16,
    /// The sender's address as it claims; only the UDP source is to be trusted.
    pub source_ip: Ipv4Addr,
    /// The sender's port as it claims; macOS sends 0.
    pub source_port: u16,
    /// The sender's name.
    pub source: Name,
    /// The name it is sent to.
    pub destination: Name,
    /// What it carries: for mailslots, an SMB message. At most 65 467 bytes, lest the length field saturate; the
    /// receiver ignores that field, and UDP carries no more anyway.
    pub data: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// Reads a UDP payload, without allocating.
    ///
    /// # Errors
    /// When it is cut short, of a type without user data, a fragment, or has a badly encoded name.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Error> {
        let header = packet.first_chunk::<HEADER_LEN>().ok_or(Error::Truncated)?;
        let [code, flags, id @ .., _, _, _, _, _, _, _, _, _, _] = *header;
        let [_, _, _, _, a, b, c, d, port @ .., _, _, _, _] = *header;
        let [.., offset_high, offset_low] = *header;
        let kind = Kind::from_code(code)?;
        if flags & (FIRST | MORE) != FIRST || [offset_high, offset_low] != [0, 0] {
            return Err(Error::Fragment);
        }
        let (source, at) = Name::decode_at(packet, HEADER_LEN)?;
        let (destination, at) = Name::decode_at(packet, at)?;
        Ok(Self {
            kind,
            id: u16::from_be_bytes(id),
            source_ip: Ipv4Addr::new(a, b, c, d),
            source_port: u16::from_be_bytes(port),
            source,
            destination,
            data: packet.get(at..).ok_or(Error::Truncated)?,
        })
    }

    /// Appends the datagram as sent by a B node: whole, no scope.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let length = self.data.len().saturating_add(2 * Name::ENCODED_LEN);
        out.reserve(HEADER_LEN.saturating_add(length));
        let [id_high, id_low] = self.id.to_be_bytes();
        let [a, b, c, d] = self.source_ip.octets();
        let [port_high, port_low] = self.source_port.to_be_bytes();
        let [length_high, length_low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        out.extend_from_slice(&[
            self.kind.code(),
            FIRST,
            id_high,
            id_low,
            a,
            b,
            c,
            d,
            port_high,
            port_low,
            length_high,
            length_low,
            0,
            0,
        ]);
        self.source.encode(out);
        self.destination.encode(out);
        out.extend_from_slice(self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut out = Vec::new();
        Datagram {
            kind: Kind::Group,
            id: 0x1234,
            source_ip: Ipv4Addr::new(192, 0, 2, 10),
            source_port: 138,
            source: Name::new("ALICE", 0).unwrap(),
            destination: Name::new("WORKGROUP", 0).unwrap(),
            data: b"payload",
        }
        .emit(&mut out);
        out
    }

    #[test]
    fn header_is_laid_out_as_in_the_rfc() {
        let packet = sample();
        assert_eq!(packet[..14], [0x11, 0x02, 0x12, 0x34, 192, 0, 2, 10, 0, 138, 0, 75, 0, 0]);
        assert_eq!(packet.len(), 82 + 7);
        let datagram = Datagram::parse(&packet).unwrap();
        assert_eq!((datagram.kind, datagram.id, datagram.source_port), (Kind::Group, 0x1234, 138));
        assert_eq!((datagram.source_ip, datagram.data), (Ipv4Addr::new(192, 0, 2, 10), &b"payload"[..]));
        assert_eq!(format!("{:?} {:?}", datagram.source, datagram.destination), "ALICE<00> WORKGROUP<00>");
    }

    #[test]
    fn fragments_and_types_without_data_are_refused() {
        for (at, value, error) in [
            (0, 0x13, Error::Type(0x13)),
            (0, 0x0f, Error::Type(0x0f)),
            (1, 0x00, Error::Fragment),
            (1, 0x03, Error::Fragment),
            (12, 1, Error::Fragment),
            (13, 5, Error::Fragment),
        ] {
            let mut packet = sample();
            packet[at] = value;
            assert_eq!(Datagram::parse(&packet), Err(error));
        }
    }

    #[test]
    fn node_type_reserved_flags_and_length_are_ignored() {
        for (at, value) in [(1, 0x0a), (1, 0x0e), (1, 0x1a), (1, 0xf2), (10, 0xff), (11, 0)] {
            let mut packet = sample();
            packet[at] = value;
            assert_eq!(Datagram::parse(&packet).unwrap().data, b"payload");
        }
    }

    #[test]
    fn a_scope_moves_the_data() {
        let mut packet = sample();
        packet.splice(47..48, *b"\x03LAN\x00");
        assert_eq!(Datagram::parse(&packet).unwrap().data, b"payload");
    }
}

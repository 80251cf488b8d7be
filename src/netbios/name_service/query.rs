//! Asking for the address of a name: the query and its answers (RFC 1002 4.2.12 to 4.2.14).

use std::net::Ipv4Addr;

use super::{
    AUTHORITATIVE, BROADCAST, GROUP, HEADER_LEN, NB_IN, OPCODE, RCODE, RECURSION_AVAILABLE,
    RECURSION_DESIRED, RESPONSE, emit_header, field, header,
};
use crate::netbios::{Error, Name};

/// Record type and class: NULL, internet.
const NULL_IN: [u8; 4] = [0, 0x0a, 0, 1];

/// The question: which addresses have this name?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Number that the answer repeats. Random, lest answers be forged blindly.
    pub id: u16,
    /// Sent to everybody, rather than to one node.
    pub broadcast: bool,
    /// The name looked for.
    pub name: Name,
}

impl Query {
    /// Reads a UDP payload, without allocating.
    ///
    /// # Errors
    /// When it is cut short, not a query for addresses, or its name is badly encoded.
    pub fn parse(packet: &[u8]) -> Result<Self, Error> {
        let (id, flags, [questions, ..]) = header(packet)?;
        if flags & (RESPONSE | OPCODE) != 0 || questions != 1 {
            return Err(Error::NotAQuery(flags));
        }
        let (name, at) = Name::decode_at(packet, HEADER_LEN)?;
        let (kind, _) = field::<4>(packet, at)?;
        if kind != NB_IN {
            return Err(Error::NotAQuery(flags));
        }
        Ok(Self { id, broadcast: flags & BROADCAST != 0, name })
    }

    /// Appends the query. A unicast one asks for no recursion: Samba says nothing to one that does when it does not
    /// know the name.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let flags = if self.broadcast { RECURSION_DESIRED | BROADCAST } else { 0 };
        emit_header(out, self.id, flags, [1, 0, 0]);
        self.name.encode(out);
        out.extend_from_slice(&NB_IN);
    }
}

/// The answer to a [`Query`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// The number of the query.
    pub id: u16,
    /// The name asked for.
    pub name: Name,
    /// What is known of it.
    pub answer: Answer<'a>,
}

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It has these owners.
    Positive {
        /// How long this holds, in seconds; 0 is for ever.
        ttl: u32,
        /// The owners.
        owners: Owners<'a>,
    },
    /// Nobody has it, or the node will not say. Holds the code (RFC 1002 4.2.14): 3 is an unknown name.
    Negative(u8),
}

/// The owners in a positive answer, as they stand in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owners<'a>(&'a [[u8; 6]]);

/// A node that has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// It has the name as a member of a group.
    pub group: bool,
    /// Its address.
    pub address: Ipv4Addr,
}

impl Owner {
    /// The entry in a packet, for a B node.
    pub fn to_bytes(self) -> [u8; 6] {
        let [a, b, c, d] = self.address.octets();
        [if self.group { GROUP } else { 0 }, 0, a, b, c, d]
    }

    pub(super) fn from_bytes([flags, _, a, b, c, d]: [u8; 6]) -> Self {
        Self { group: flags & GROUP != 0, address: Ipv4Addr::new(a, b, c, d) }
    }
}

impl<'a> Owners<'a> {
    /// Most entries that an answer can hold.
    pub const MAX: usize = u16::MAX as usize / 6;

    /// From entries made by [`Owner::to_bytes`]; those past [`Owners::MAX`] are left out.
    pub fn new(entries: &'a [[u8; 6]]) -> Self {
        Self(entries.get(..Self::MAX).unwrap_or(entries))
    }

    /// The owners one by one.
    pub fn iter(&self) -> impl Iterator<Item = Owner> + use<'a> {
        self.0.iter().copied().map(Owner::from_bytes)
    }
}

impl<'a> Response<'a> {
    /// Reads a UDP payload, without allocating. Node types and reserved flags are ignored.
    ///
    /// # Errors
    /// When it is cut short, not an answer to a query for addresses, or its name is badly encoded.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Error> {
        let (id, flags, [questions, answers, ..]) = header(packet)?;
        if flags & (RESPONSE | OPCODE) != RESPONSE || questions != 0 {
            return Err(Error::NotAQuery(flags));
        }
        let (name, at) = Name::decode_at(packet, HEADER_LEN)?;
        if let code @ 1.. = (flags & RCODE) as u8 {
            return Ok(Self { id, name, answer: Answer::Negative(code) });
        }
        let (kind, at) = field::<4>(packet, at)?;
        if kind != NB_IN || answers == 0 {
            return Err(Error::NotAQuery(flags));
        }
        let (ttl, at) = field(packet, at)?;
        let (length, at) = field(packet, at)?;
        let data = packet.get(at..).ok_or(Error::Truncated)?;
        let data = data.get(..usize::from(u16::from_be_bytes(length))).ok_or(Error::Truncated)?;
        let (entries, _) = data.as_chunks();
        Ok(Self {
            id,
            name,
            answer: Answer::Positive { ttl: u32::from_be_bytes(ttl), owners: Owners(entries) },
        })
    }

    /// Appends the answer.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let flags = RESPONSE | AUTHORITATIVE | RECURSION_DESIRED | RECURSION_AVAILABLE;
        match self.answer {
            Answer::Positive { ttl, owners: Owners(entries) } => {
                emit_header(out, self.id, flags, [0, 1, 0]);
                self.name.encode(out);
                out.extend_from_slice(&NB_IN);
                out.extend_from_slice(&ttl.to_be_bytes());
                let length = u16::try_from(entries.as_flattened().len()).unwrap_or(u16::MAX);
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(entries.as_flattened());
            }
            Answer::Negative(code) => {
                emit_header(out, self.id, flags | (u16::from(code) & RCODE), [0, 0, 0]);
                self.name.encode(out);
                out.extend_from_slice(&NULL_IN);
                out.extend_from_slice(&[0; 6]); // no lifetime, no data
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> (Name, Vec<u8>) {
        let name = Name::new("SAMBAHOST", 0).unwrap();
        let mut wire = Vec::new();
        name.encode(&mut wire);
        (name, wire)
    }

    #[test]
    fn broadcast_query_is_what_samba_sends() {
        let (name, wire) = name();
        let expected = [b"\x28\x8b\x01\x10\0\x01\0\0\0\0\0\0", &wire[..], b"\0\x20\0\x01"].concat();
        let query = Query { id: 0x288b, broadcast: true, name };
        let mut out = Vec::new();
        query.emit(&mut out);
        assert_eq!(out, expected);
        assert_eq!(out.len(), 50);
        assert_eq!(Query::parse(&out), Ok(query));
    }

    #[test]
    fn positive_answer_is_what_samba_sends() {
        let (name, wire) = name();
        let rest = b"\0\x20\0\x01\0\x03\xf4\x80\0\x06\0\0\x0a\x4d\0\x02";
        let expected = [b"\x28\x8b\x85\x80\0\0\0\x01\0\0\0\0", &wire[..], rest].concat();
        let owner = Owner { group: false, address: Ipv4Addr::new(10, 77, 0, 2) };
        let entries = [owner.to_bytes()];
        let answer = Answer::Positive { ttl: 0x3f480, owners: Owners::new(&entries) };
        let response = Response { id: 0x288b, name, answer };
        let mut out = Vec::new();
        response.emit(&mut out);
        assert_eq!(out, expected);
        assert_eq!(out.len(), 62);
        assert_eq!(Response::parse(&out), Ok(response));
        // Windows leaves "recursion available" clear.
        out[3] = 0x00;
        let Answer::Positive { owners, .. } = Response::parse(&out).unwrap().answer else { panic!() };
        assert_eq!(owners.iter().collect::<Vec<_>>(), [owner]);
    }

    #[test]
    fn negative_answer_says_why() {
        let (name, _) = name();
        let response = Response { id: 7, name, answer: Answer::Negative(3) };
        let mut out = Vec::new();
        response.emit(&mut out);
        assert_eq!((out.len(), &out[2..4]), (56, &b"\x85\x83"[..]));
        assert_eq!(Response::parse(&out), Ok(response));
    }

    #[test]
    fn several_owners_are_read_and_groups_told_apart() {
        let entries = [[0x80, 0, 10, 0, 0, 1], [0x60, 0, 10, 0, 0, 2]];
        let owners: Vec<_> = Owners::new(&entries).iter().map(|o| (o.group, o.address.octets()[3])).collect();
        assert_eq!(owners, [(true, 1), (false, 2)]);
    }

    #[test]
    fn a_query_is_no_answer_and_the_reverse_and_other_packets_are_neither() {
        let (name, _) = name();
        let mut query = Vec::new();
        Query { id: 1, broadcast: false, name }.emit(&mut query);
        assert_eq!(Response::parse(&query), Err(Error::NotAQuery(0)));
        let mut answer = Vec::new();
        Response { id: 1, name, answer: Answer::Negative(3) }.emit(&mut answer);
        assert_eq!(Query::parse(&answer), Err(Error::NotAQuery(0x8583)));
        query[2] = 0x29; // a registration
        assert_eq!(Query::parse(&query), Err(Error::NotAQuery(0x2900)));
        query[2] = 0;
        query[47] = 0x21; // a status query
        assert_eq!(Query::parse(&query), Err(Error::NotAQuery(0)));
    }

    #[test]
    fn a_packet_cut_anywhere_is_an_error() {
        let (name, _) = name();
        let entries = [[0, 0, 10, 0, 0, 1]];
        let answer = Answer::Positive { ttl: 1, owners: Owners::new(&entries) };
        let mut out = Vec::new();
        Response { id: 1, name, answer }.emit(&mut out);
        for end in 0..out.len() {
            assert_eq!(Response::parse(&out[..end]), Err(Error::Truncated), "{end}");
        }
    }
}

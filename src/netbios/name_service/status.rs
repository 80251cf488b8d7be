//! Node status: which names a node has (RFC 1002 4.2.17 and 4.2.18).

use super::{AUTHORITATIVE, GROUP, HEADER_LEN, OPCODE, RESPONSE, emit_header, field, header};
use crate::netbios::{Error, Name};

/// Record type and class: NBSTAT, internet.
const NBSTAT_IN: [u8; 4] = [0, 0x21, 0, 1];
/// `NAME_FLAGS`: the node has the name.
const ACTIVE: u8 = 0x04;
/// Bytes of the statistics that follow the names.
const STATISTICS_LEN: usize = 46;
/// Where the version stands in them.
const VERSION_AT: usize = 8;

/// The question: which names has the node that this is sent to?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusQuery {
    /// Number that the answer repeats. Random.
    pub id: u16,
    /// [`Name::WILDCARD`], or one of the node's names.
    pub name: Name,
}

impl StatusQuery {
    /// Reads a UDP payload, without allocating.
    ///
    /// # Errors
    /// When it is cut short, not a status query, or its name is badly encoded.
    pub fn parse(packet: &[u8]) -> Result<Self, Error> {
        let (id, flags, [questions, ..]) = header(packet)?;
        if flags & (RESPONSE | OPCODE) != 0 || questions != 1 {
            return Err(Error::NotAQuery(flags));
        }
        let (name, at) = Name::decode_at(packet, HEADER_LEN)?;
        let (kind, _) = field(packet, at)?;
        if kind == NBSTAT_IN { Ok(Self { id, name }) } else { Err(Error::NotAQuery(flags)) }
    }

    /// Appends the query.
    pub fn emit(&self, out: &mut Vec<u8>) {
        emit_header(out, self.id, 0, [1, 0, 0]);
        self.name.encode(out);
        out.extend_from_slice(&NBSTAT_IN);
    }
}

/// A name in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: Name,
    /// The node has it as a member of a group.
    pub group: bool,
    /// The node has it, rather than being about to.
    pub active: bool,
}

impl Listed {
    /// Its bytes in a packet.
    pub fn to_bytes(self) -> [u8; 18] {
        let mut bytes = [0; 18];
        let [name @ .., flags, _] = &mut bytes;
        name.copy_from_slice(self.name.as_bytes());
        *flags = if self.group { GROUP } else { 0 } | if self.active { ACTIVE } else { 0 };
        bytes
    }

    fn from_bytes(bytes: &[u8; 18]) -> Self {
        let [name @ .., flags, _] = bytes;
        Self { name: Name::from_bytes(*name), group: flags & GROUP != 0, active: flags & ACTIVE != 0 }
    }
}

/// The answer to a [`StatusQuery`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status<'a> {
    /// The number of the query.
    pub id: u16,
    /// The name in the query.
    pub name: Name,
    /// The version of the node's software, in the statistics; Samba's is 0. The other statistics mean nothing today.
    pub version: u16,
    names: &'a [[u8; 18]],
}

impl<'a> Status<'a> {
    /// From names made by [`Listed::to_bytes`]; at most 255 of them.
    pub fn new(query: &StatusQuery, version: u16, names: &'a [[u8; 18]]) -> Self {
        let names = names.get(..usize::from(u8::MAX)).unwrap_or(names);
        Self { id: query.id, name: query.name, version, names }
    }

    /// The node's names.
    pub fn names(&self) -> impl Iterator<Item = Listed> + use<'a> {
        self.names.iter().map(Listed::from_bytes)
    }

    /// Reads a UDP payload, without allocating. Statistics that are cut short, as some nodes send them, are no error.
    ///
    /// # Errors
    /// When the names are cut short, it is not an answer to a status query, or its name is badly encoded.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Error> {
        let (id, flags, [questions, answers, _]) = header(packet)?;
        if flags & (RESPONSE | OPCODE) != RESPONSE || questions != 0 || answers == 0 {
            return Err(Error::NotAQuery(flags));
        }
        let (name, at) = Name::decode_at(packet, HEADER_LEN)?;
        let (kind, at) = field(packet, at)?;
        if kind != NBSTAT_IN {
            return Err(Error::NotAQuery(flags));
        }
        let (_lifetime_and_length, at) = field::<6>(packet, at)?;
        let ([count], at) = field(packet, at)?;
        let (names, _) = packet.get(at..).ok_or(Error::Truncated)?.as_chunks();
        let names = names.get(..usize::from(count)).ok_or(Error::Truncated)?;
        let at = at + names.as_flattened().len() + VERSION_AT;
        let version = field(packet, at).map_or(0, |(version, _)| u16::from_be_bytes(version));
        Ok(Self { id, name, version, names })
    }

    /// Appends the answer, with statistics that are zero but for the version.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let names = self.names.as_flattened();
        emit_header(out, self.id, RESPONSE | AUTHORITATIVE, [0, 1, 0]);
        self.name.encode(out);
        out.extend_from_slice(&NBSTAT_IN);
        out.extend_from_slice(&[0; 4]); // lifetime
        let length = u16::try_from(1 + names.len() + STATISTICS_LEN).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.push(u8::try_from(self.names.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(names);
        let mut statistics = [0; STATISTICS_LEN];
        if let Some(version) = statistics.get_mut(VERSION_AT..VERSION_AT + 2) {
            version.copy_from_slice(&self.version.to_be_bytes());
        }
        out.extend_from_slice(&statistics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str, group: bool) -> Listed {
        Listed { name: Name::new(text, 0).unwrap(), group, active: true }
    }

    #[test]
    fn a_query_is_what_nmblookup_sends() {
        let query = StatusQuery { id: 0x655b, name: Name::WILDCARD };
        let mut out = Vec::new();
        query.emit(&mut out);
        let name = b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0";
        assert_eq!(out, [b"\x65\x5b\0\0\0\x01\0\0\0\0\0\0", &name[..], b"\0\x21\0\x01"].concat());
        assert_eq!(StatusQuery::parse(&out), Ok(query));
        out[47] = 0x20;
        assert_eq!(StatusQuery::parse(&out), Err(Error::NotAQuery(0)));
    }

    #[test]
    fn an_answer_lists_names_and_is_less_than_three_times_its_query() {
        let query = StatusQuery { id: 9, name: Name::WILDCARD };
        let all = [listed("ORION", false), listed("WORKGROUP", true)];
        let names = all.map(Listed::to_bytes);
        let status = Status::new(&query, 0x4c43, &names);
        let (mut out, mut question) = (Vec::new(), Vec::new());
        status.emit(&mut out);
        query.emit(&mut question);
        assert!(out.len() <= 3 * question.len(), "{} {}", out.len(), question.len());
        assert_eq!(out[2..4], [0x84, 0]);
        assert_eq!(out[54..56], [0, 47 + 2 * 18]);
        assert_eq!(out[56], 2);
        assert_eq!(out[57 + 16..57 + 18], [0x04, 0]);
        assert_eq!(out[75 + 16..75 + 18], [0x84, 0]);
        let read = Status::parse(&out).unwrap();
        assert_eq!(read, status);
        assert_eq!(read.names().collect::<Vec<_>>(), all);
        for end in 0..out.len() - STATISTICS_LEN {
            assert_eq!(Status::parse(&out[..end]), Err(Error::Truncated), "{end}");
        }
        let short = Status::parse(&out[..out.len() - STATISTICS_LEN]).unwrap();
        assert_eq!((short.version, short.names().count()), (0, 2));
        assert_eq!(Status::parse(&question), Err(Error::NotAQuery(0)));
    }
}

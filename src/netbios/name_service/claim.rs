//! Claiming a name for oneself, and refusing it to another who has claimed it (RFC 1002 4.2.2 and 4.2.6).

use super::{
    AUTHORITATIVE, BROADCAST, HEADER_LEN, NB_IN, OPCODE, Owner, RCODE, RECURSION_AVAILABLE,
    RECURSION_DESIRED, RESPONSE, emit_header, field, header,
};
use crate::netbios::{Error, Name};

/// Opcode: a registration.
const REGISTRATION: u16 = 5 << 11;
/// Opcode: the same from a node with several addresses, as Windows sends it.
const MULTIHOMED: u16 = 15 << 11;
/// The name in the question, pointed to.
const THE_NAME: [u8; 2] = [0xc0, 12];

/// A registration sent to everybody: who has this name already?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Number that a refusal repeats. Random.
    pub id: u16,
    /// The name.
    pub name: Name,
    /// Whose it is to be.
    pub owner: Owner,
}

impl Claim {
    /// Reads a UDP payload, without allocating.
    ///
    /// # Errors
    /// When it is cut short, not a registration, or its names are badly encoded.
    pub fn parse(packet: &[u8]) -> Result<Self, Error> {
        let (id, flags, [questions, _, additional]) = header(packet)?;
        let claims = matches!(flags & (RESPONSE | OPCODE), REGISTRATION | MULTIHOMED);
        if !claims || (questions, additional) != (1, 1) {
            return Err(Error::NotAQuery(flags));
        }
        let (name, at) = Name::decode_at(packet, HEADER_LEN)?;
        let (kind, at) = field::<4>(packet, at)?;
        let (again, owner) = record(packet, at)?;
        if kind != NB_IN || again != name {
            return Err(Error::NotAQuery(flags));
        }
        Ok(Self { id, name, owner })
    }

    /// Appends the claim as a broadcast.
    pub fn emit(&self, out: &mut Vec<u8>) {
        emit_header(out, self.id, REGISTRATION | RECURSION_DESIRED | BROADCAST, [1, 0, 1]);
        self.name.encode(out);
        out.extend_from_slice(&NB_IN);
        out.extend_from_slice(&THE_NAME);
        emit_record(out, self.owner);
    }
}

/// The answer of a node that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The number of the claim.
    pub id: u16,
    /// The name.
    pub name: Name,
    /// Why (RFC 1002 4.2.6): [`Refusal::ACTIVE`], or another code from 1 to 15.
    pub code: u8,
    /// Whose it is; some nodes repeat the claimant here.
    pub owner: Owner,
}

impl Refusal {
    /// The code that says: another node has the name.
    pub const ACTIVE: u8 = 6;

    /// Reads a UDP payload, without allocating.
    ///
    /// # Errors
    /// When it is cut short, not a negative answer to a registration, or its name is badly encoded.
    pub fn parse(packet: &[u8]) -> Result<Self, Error> {
        let (id, flags, [questions, answers, _]) = header(packet)?;
        let code = (flags & RCODE) as u8;
        if flags & (RESPONSE | OPCODE) != RESPONSE | REGISTRATION
            || questions != 0
            || answers == 0
            || code == 0
        {
            return Err(Error::NotAQuery(flags));
        }
        let (name, owner) = record(packet, HEADER_LEN)?;
        Ok(Self { id, name, code, owner })
    }

    /// Appends the answer.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let flags = RESPONSE | REGISTRATION | AUTHORITATIVE | RECURSION_DESIRED | RECURSION_AVAILABLE;
        emit_header(out, self.id, flags | (u16::from(self.code) & RCODE), [0, 1, 0]);
        self.name.encode(out);
        emit_record(out, self.owner);
    }
}

/// The name and the first owner in the address record at `at`.
fn record(packet: &[u8], at: usize) -> Result<(Name, Owner), Error> {
    let (name, at) = Name::decode_at(packet, at)?;
    let (kind, at) = field::<4>(packet, at)?;
    let (_lifetime, at) = field::<4>(packet, at)?;
    let (length, at) = field(packet, at)?;
    let (owner, _) = field(packet, at)?;
    if kind != NB_IN || u16::from_be_bytes(length) < 6 {
        return Err(Error::Truncated);
    }
    Ok((name, Owner::from_bytes(owner)))
}

/// Appends such a record, after its name; for ever, as broadcast ones are.
fn emit_record(out: &mut Vec<u8>, owner: Owner) {
    out.extend_from_slice(&NB_IN);
    out.extend_from_slice(&[0, 0, 0, 0, 0, 6]);
    out.extend_from_slice(&owner.to_bytes());
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const OWNER: Owner = Owner { group: false, address: Ipv4Addr::new(10, 77, 0, 2) };

    fn name() -> (Name, Vec<u8>) {
        let name = Name::new("SAMBAHOST", 0).unwrap();
        let mut wire = Vec::new();
        name.encode(&mut wire);
        (name, wire)
    }

    #[test]
    fn a_claim_is_what_samba_sends() {
        let (name, wire) = name();
        let claim = Claim { id: 0x288b, name, owner: OWNER };
        let mut out = Vec::new();
        claim.emit(&mut out);
        let rest = b"\0\x20\0\x01\xc0\x0c\0\x20\0\x01\0\0\0\0\0\x06\0\0\x0a\x4d\0\x02";
        assert_eq!(out, [b"\x28\x8b\x29\x10\0\x01\0\0\0\0\0\x01", &wire[..], rest].concat());
        assert_eq!(out.len(), 68);
        assert_eq!(Claim::parse(&out), Ok(claim));
        out[2] = 0x79; // multihomed
        assert_eq!(Claim::parse(&out), Ok(claim));
        for end in 0..out.len() {
            assert_eq!(Claim::parse(&out[..end]), Err(Error::Truncated), "{end}");
        }
    }

    #[test]
    fn a_refusal_is_what_samba_sends() {
        let (name, wire) = name();
        let refusal = Refusal { id: 7, name, code: Refusal::ACTIVE, owner: OWNER };
        let mut out = Vec::new();
        refusal.emit(&mut out);
        let rest = b"\0\x20\0\x01\0\0\0\0\0\x06\0\0\x0a\x4d\0\x02";
        assert_eq!(out, [b"\0\x07\xad\x86\0\0\0\x01\0\0\0\0", &wire[..], rest].concat());
        assert_eq!(out.len(), 62);
        assert_eq!(Refusal::parse(&out), Ok(refusal));
        for end in 0..out.len() {
            assert_eq!(Refusal::parse(&out[..end]), Err(Error::Truncated), "{end}");
        }
    }

    #[test]
    fn neither_is_the_other_nor_a_query_and_a_consent_is_no_refusal() {
        let (name, _) = name();
        let (mut claim, mut refusal) = (Vec::new(), Vec::new());
        Claim { id: 1, name, owner: OWNER }.emit(&mut claim);
        Refusal { id: 1, name, code: 6, owner: OWNER }.emit(&mut refusal);
        assert_eq!(Claim::parse(&refusal), Err(Error::NotAQuery(0xad86)));
        assert_eq!(Refusal::parse(&claim), Err(Error::NotAQuery(0x2910)));
        assert_eq!(super::super::Query::parse(&claim), Err(Error::NotAQuery(0x2910)));
        refusal[3] = 0x80;
        assert_eq!(Refusal::parse(&refusal), Err(Error::NotAQuery(0xad80)));
        claim[2] = 0x31; // a release
        assert_eq!(Claim::parse(&claim), Err(Error::NotAQuery(0x3110)));
    }
}

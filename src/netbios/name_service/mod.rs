//! The name service on UDP port 137 (RFC 1002 4.2, as B nodes use it): asking for the address of a name, claiming a name
//! and refusing it to others, and what names a node has.

mod claim;
mod query;
mod status;

pub use claim::{Claim, Refusal};
pub use query::{Answer, Owner, Owners, Query, Response};
pub use status::{Listed, Status, StatusQuery};

use super::Error;

const HEADER_LEN: usize = 12;
/// Record type and class: NB, internet.
const NB_IN: [u8; 4] = [0, 0x20, 0, 1];

const RESPONSE: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const AUTHORITATIVE: u16 = 0x0400;
const RECURSION_DESIRED: u16 = 0x0100;
const RECURSION_AVAILABLE: u16 = 0x0080;
const BROADCAST: u16 = 0x0010;
const RCODE: u16 = 0x000f;
/// `NB_FLAGS` and `NAME_FLAGS`: the name is a group's.
const GROUP: u8 = 0x80;

/// Number, flags, and how many questions, answers and additional records.
fn header(packet: &[u8]) -> Result<(u16, u16, [u16; 3]), Error> {
    let (words, _) = packet.first_chunk::<HEADER_LEN>().ok_or(Error::Truncated)?.as_chunks::<2>();
    let &[id, flags, questions, answers, _, additional] = words.first_chunk::<6>().ok_or(Error::Truncated)?;
    let word = u16::from_be_bytes;
    Ok((word(id), word(flags), [word(questions), word(answers), word(additional)]))
}

fn emit_header(out: &mut Vec<u8>, id: u16, flags: u16, [questions, answers, additional]: [u16; 3]) {
    for word in [id, flags, questions, answers, 0, additional] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// The `N` bytes at `at`, and the offset after them.
fn field<const N: usize>(packet: &[u8], at: usize) -> Result<([u8; N], usize), Error> {
    let bytes = packet.get(at..).and_then(<[u8]>::first_chunk).ok_or(Error::Truncated)?;
    Ok((*bytes, at + N))
}

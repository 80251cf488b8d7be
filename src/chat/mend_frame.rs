//! The unsigned frames of the sync slot that mend what was lost: NAK, repair, copy, digest, card
//! (docs/PROTOCOL.md, "Repair"). They prove nothing by themselves; what they carry is signed, or only a hint.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use super::bytes::Reader;
use super::envelope::MAGIC;
use super::frame::VERSION;
use super::id::PeerId;
use super::limits::MAX_DATA;
use super::store::Run;

const NAK: u8 = 5;
const REPAIR: u8 = 6;
const COPY: u8 = 7;
const DIGEST: u8 = 8;
const LISTED: u8 = 9;
const CARD: u8 = 10;

/// A run of an author as a digest tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) run: Run,
    /// The lowest number that is held, and one more than the highest that is known.
    pub(super) span: Range<u32>,
}

/// A frame that mends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend<'a> {
    /// These datagrams are missing.
    Nak { by: PeerId, missing: Vec<(Run, Range<u32>)> },
    /// A datagram of a line again, asked for.
    Repair(&'a [u8]),
    /// A datagram of a line again, unasked.
    Copy(&'a [u8]),
    /// What the sender knows: a hash over all entries, and some of them.
    Digest { by: PeerId, hash: [u8; 8], entries: Vec<Entry> },
    /// A signed frame of a peer, passed on by another so that the peer's lines can be checked.
    Card(&'a [u8]),
    /// As a card, of a peer that is here, with the address of its reply slot.
    Listed { address: IpAddr, card: &'a [u8] },
}

/// Most ranges in one NAK.
pub(super) const MAX_RANGES: usize = 40;
/// Most entries in one digest.
pub(super) const MAX_ENTRIES: usize = 18;
/// Bytes in front of a line's datagram in a repair.
const HEADER: usize = 6;

impl<'a> Mend<'a> {
    pub(super) fn emit(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + MAX_DATA);
        out.extend_from_slice(&MAGIC);
        let kind = match self {
            Self::Nak { .. } => NAK,
            Self::Repair(_) => REPAIR,
            Self::Copy(_) => COPY,
            Self::Digest { .. } => DIGEST,
            Self::Card(_) => CARD,
            Self::Listed { .. } => LISTED,
        };
        out.extend_from_slice(&[VERSION, kind, 0, 0]);
        match self {
            Self::Nak { by, missing } => {
                out.extend_from_slice(&by.0);
                let mut last = None;
                for (run, range) in missing.iter().take(MAX_RANGES) {
                    let len = u16::try_from(range.end.saturating_sub(range.start)).unwrap_or(u16::MAX);
                    let same = last == Some(*run);
                    if out.len() + if same { 7 } else { 19 } > MAX_DATA {
                        break;
                    }
                    out.push(u8::from(!same));
                    if !same {
                        put_run(&mut out, *run);
                        last = Some(*run);
                    }
                    out.extend_from_slice(&range.start.to_be_bytes());
                    out.extend_from_slice(&len.to_be_bytes());
                }
            }
            Self::Repair(data) | Self::Copy(data) | Self::Card(data) => out.extend_from_slice(data),
            Self::Listed { address, card } => {
                let v6 = match address {
                    IpAddr::V4(v4) => v4.to_ipv6_mapped(),
                    IpAddr::V6(v6) => *v6,
                };
                out.extend_from_slice(&v6.octets());
                out.extend_from_slice(card);
            }
            Self::Digest { by, hash, entries } => {
                out.extend_from_slice(&by.0);
                out.extend_from_slice(hash);
                for entry in entries.iter().take(MAX_ENTRIES) {
                    put_run(&mut out, entry.run);
                    out.extend_from_slice(&entry.span.start.to_be_bytes());
                    out.extend_from_slice(&entry.span.end.to_be_bytes());
                }
            }
        }
        out
    }

    /// None where it is no frame that mends, or cut.
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let mut r = Reader(data);
        if r.array() != Some(MAGIC) || r.u8() != Some(VERSION) {
            return None;
        }
        let kind = r.u8()?;
        r.u16()?;
        match kind {
            NAK => Self::nak(r),
            REPAIR => Some(Self::Repair(r.0)),
            COPY => Some(Self::Copy(r.0)),
            DIGEST => {
                let (by, hash) = (PeerId(r.array()?), r.array()?);
                let mut entries = Vec::new();
                while !r.0.is_empty() && entries.len() < MAX_ENTRIES {
                    let run = run(&mut r)?;
                    let span = r.u32()?..r.u32()?;
                    if span.start > 0 && !span.is_empty() && run.1 > 0 {
                        entries.push(Entry { run, span });
                    }
                }
                Some(Self::Digest { by, hash, entries })
            }
            CARD => Some(Self::Card(r.0)),
            LISTED => {
                let address = Ipv6Addr::from(r.array::<16>()?).to_canonical();
                Some(Self::Listed { address, card: r.0 })
            }
            _ => None,
        }
    }

    fn nak(mut r: Reader<'a>) -> Option<Self> {
        let by = PeerId(r.array()?);
        let mut missing = Vec::new();
        let mut last = None;
        while !r.0.is_empty() && missing.len() < MAX_RANGES {
            if r.u8()? == 1 {
                last = Some(run(&mut r)?);
            }
            let (start, len) = (r.u32()?, r.u16()?);
            missing.push((last?, start..start.saturating_add(u32::from(len))));
        }
        Some(Self::Nak { by, missing })
    }
}

fn put_run(out: &mut Vec<u8>, (sender, epoch): Run) {
    out.extend_from_slice(&sender.0);
    out.extend_from_slice(&epoch.to_be_bytes());
}

fn run(r: &mut Reader<'_>) -> Option<Run> {
    Some((PeerId(r.array()?), r.u32()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_come_back_as_they_went() {
        let (a, b) = ((PeerId([1; 8]), 5), (PeerId([2; 8]), 6));
        for frame in [
            Mend::Nak { by: b.0, missing: vec![(a, 1..3), (a, 7..8), (b, 2..100)] },
            Mend::Repair(b"line"),
            Mend::Copy(b"line"),
            Mend::Card(b"beacon"),
            Mend::Listed { address: IpAddr::from([10, 0, 0, 1]), card: b"beacon" },
            Mend::Digest {
                by: a.0,
                hash: [9; 8],
                entries: vec![Entry { run: a, span: 1..9 }, Entry { run: b, span: 3..4 }],
            },
        ] {
            let data = frame.emit();
            assert_eq!(Mend::parse(&data).as_ref(), Some(&frame));
        }
    }

    #[test]
    fn the_largest_fit_into_a_datagram() {
        let runs = |n: usize| (PeerId([u8::try_from(n).unwrap(); 8]), 5);
        let missing = (0..100).map(|n| (runs(n), 1..3)).collect();
        assert!(Mend::Nak { by: PeerId([1; 8]), missing }.emit().len() <= MAX_DATA);
        let entries = (0..100).map(|n| Entry { run: runs(n), span: 1..3 }).collect();
        assert!(Mend::Digest { by: PeerId([1; 8]), hash: [1; 8], entries }.emit().len() <= MAX_DATA);
    }

    proptest! {
        #[test]
        fn parse_never_panics(mut data in proptest::collection::vec(any::<u8>(), 0..500), kind in 0..16_u8) {
            data.splice(0..0, [b'L', b'C', VERSION, kind]);
            let _ = Mend::parse(&data);
        }
    }
}

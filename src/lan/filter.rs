//! A packet filter for a UDP socket that lets through a share of what some addresses send: classic BPF, which needs no right.
//!
//! The system runs it for each datagram before it takes room in the buffer (socket(7), `SO_ATTACH_FILTER`; Linux,
//! Documentation/networking/filter.rst).

use std::io;
use std::net::IpAddr;

use socket2::{SockFilter, SockRef};

use super::policer::Limit;

/// Load the word at a fixed offset; go on, or jump, if it is equal, or at least as large; return.
const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;
/// Offsets from here on are in the IP header; and one at which a random word is.
const IP_HEADER: u32 = 0xfff0_0000;
const RANDOM: u32 = 0xffff_f000 + 56;
/// Where an address is in the IP header.
const SOURCE_V4: u32 = 12;
const SOURCE_V6: u32 = 8;
const WHOLE: u32 = u32::MAX;

/// Puts `limits` in force for what comes to `socket`; without any, everything comes.
pub(super) fn limit(socket: &SockRef<'_>, limits: &[Limit]) -> io::Result<()> {
    if limits.is_empty() { socket.detach_filter() } else { socket.attach_filter(&program(limits)) }
}

fn program(limits: &[Limit]) -> Vec<SockFilter> {
    let mut program = Vec::new();
    for limit in limits {
        let (at, words) = match limit.address {
            IpAddr::V4(v4) => (SOURCE_V4, vec![v4.to_bits()]),
            IpAddr::V6(v6) => {
                let word = |n: u32| u32::try_from(v6.to_bits() >> (96 - 32 * n) & 0xffff_ffff).unwrap_or(0);
                (SOURCE_V6, (0..4).map(word).collect())
            }
        };
        let mut left = words.len();
        for (word, offset) in words.into_iter().zip((at..).step_by(4)) {
            left -= 1;
            let past = u8::try_from(2 * left + 4).unwrap_or(u8::MAX); // another address: to the next limit
            program.push(SockFilter::new(LOAD, 0, 0, IP_HEADER + offset));
            program.push(SockFilter::new(IF_EQUAL, 0, past, word));
        }
        program.push(SockFilter::new(LOAD, 0, 0, RANDOM));
        program.push(SockFilter::new(IF_AT_LEAST, 0, 1, threshold(limit.share)));
        program.push(SockFilter::new(RETURN, 0, 0, 0));
        program.push(SockFilter::new(RETURN, 0, 0, WHOLE));
    }
    program.push(SockFilter::new(RETURN, 0, 0, WHOLE));
    program
}

/// Random words from here on are too large.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of all words, cut at both ends"
)]
fn threshold(share: f64) -> u32 {
    (share * f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, UdpSocket};

    use super::*;

    /// How many of 1 000 datagrams come through, with the address that is limited to `share`.
    fn through(from: &str, limited: &str, share: f64) -> usize {
        let (Ok(to), Ok(out)) = (UdpSocket::bind((from, 0)), UdpSocket::bind((from, 0))) else {
            return usize::MAX; // a machine without IPv6
        };
        to.set_nonblocking(true).unwrap();
        let others =
            (2..6).map(|n| Limit { address: std::net::Ipv4Addr::new(10, 0, 0, n).into(), share: 0.0 });
        let limits = others.chain([Limit { address: limited.parse().unwrap(), share }]).collect::<Vec<_>>();
        limit(&SockRef::from(&to), &limits).unwrap();
        let address: SocketAddr = to.local_addr().unwrap();
        let mut came = 0;
        for _ in 0..1000 {
            out.send_to(b"x", address).unwrap();
            came += usize::from(to.recv(&mut [0]).is_ok());
        }
        limit(&SockRef::from(&to), &[]).unwrap();
        out.send_to(b"x", address).unwrap();
        assert!(to.recv(&mut [0]).is_ok(), "everything comes again");
        came
    }

    #[test]
    fn a_share_of_one_address_comes_through_and_all_of_others() {
        for (own, other) in [("127.0.0.1", "127.0.0.2"), ("::1", "::2"), ("::1", "1::1")] {
            let all = through(own, other, 0.0);
            if all == usize::MAX {
                continue;
            }
            assert_eq!(all, 1000, "{own}");
            assert_eq!(through(own, own, 0.0), 0, "{own}");
            let some = through(own, own, 0.25);
            assert!((100..450).contains(&some), "{some} of 1000 of {own}");
        }
    }
}

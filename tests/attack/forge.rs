//! What an attacker makes: datagrams built by docs/PROTOCOL.md, byte by byte, without the program's own code.

use ed25519_dalek::{Signer, SigningKey};

/// A key pair of the attacker's.
pub(crate) struct Key(SigningKey);

/// What a beacon claims.
pub(crate) struct Claim<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) epoch: u32,
    pub(crate) count: u32,
    pub(crate) next: u32,
    /// Milliseconds since 1970.
    pub(crate) clock: u64,
    pub(crate) nick: &'a str,
    pub(crate) host: &'a str,
    pub(crate) version: &'a str,
}

impl Claim<'_> {
    pub(crate) fn new(clock: u64) -> Self {
        Self {
            kind: 1,
            flags: 1,
            epoch: 7,
            count: 1,
            next: 1,
            clock,
            nick: "mallory",
            host: "EVIL",
            version: "6.6.6",
        }
    }
}

impl Key {
    pub(crate) fn new(n: u64) -> Self {
        let mut secret = [0xee; 32];
        secret[..8].copy_from_slice(&n.to_be_bytes());
        Self(SigningKey::from_bytes(&secret))
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(crate) fn id(&self) -> [u8; 8] {
        blake3::hash(&self.public()).as_bytes()[..8].try_into().unwrap()
    }

    fn signed(&self, domain: &[u8], mut data: Vec<u8>) -> Vec<u8> {
        let signature = self.0.sign(&[domain, &data].concat());
        data.extend_from_slice(&signature.to_bytes());
        data
    }

    /// A beacon or goodbye with this key's own id, or another's.
    pub(crate) fn beacon_as(&self, id: [u8; 8], claim: &Claim<'_>) -> Vec<u8> {
        let mut out = vec![b'L', b'C', 1, claim.kind, claim.flags, 0];
        out.extend_from_slice(&id);
        out.extend_from_slice(&claim.epoch.to_be_bytes());
        out.extend_from_slice(&claim.count.to_be_bytes());
        out.extend_from_slice(&self.public());
        out.extend_from_slice(&40_000_u16.to_be_bytes());
        out.extend_from_slice(&claim.next.to_be_bytes());
        out.extend_from_slice(&(claim.clock << 16).to_be_bytes());
        out.extend_from_slice(&30_u16.to_be_bytes());
        for (kind, value) in [(1, claim.nick), (2, claim.host), (3, claim.version)] {
            out.push(kind);
            out.push(u8::try_from(value.len()).unwrap());
            out.extend_from_slice(value.as_bytes());
        }
        self.signed(b"lanchat sync 1\0", out)
    }

    pub(crate) fn beacon(&self, claim: &Claim<'_>) -> Vec<u8> {
        self.beacon_as(self.id(), claim)
    }

    pub(crate) fn heartbeat(&self, epoch: u32, count: u32, next: u32, clock: u64) -> Vec<u8> {
        let mut out = vec![b'L', b'C', 1, 4, 0, 0];
        out.extend_from_slice(&self.id());
        for n in [epoch, count, next] {
            out.extend_from_slice(&n.to_be_bytes());
        }
        out.extend_from_slice(&(clock << 16).to_be_bytes());
        self.signed(b"lanchat sync 1\0", out)
    }

    fn small(&self, kind: u8, id: [u8; 8], (epoch, count): (u32, u32), rest: &[u8]) -> Vec<u8> {
        let mut out = vec![b'L', b'C', 1, kind, 0, 0];
        out.extend_from_slice(&id);
        out.extend_from_slice(&epoch.to_be_bytes());
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(rest);
        self.signed(b"lanchat sync 1\0", out)
    }

    /// That `id` is in one room, and away.
    pub(crate) fn status_as(&self, id: [u8; 8], epoch: u32, count: u32, room: &str, away: &str) -> Vec<u8> {
        let mut fields = Vec::new();
        for (kind, value) in [(7, room), (8, away)] {
            fields.extend_from_slice(&[kind, u8::try_from(value.len()).unwrap()]);
            fields.extend_from_slice(value.as_bytes());
        }
        self.small(11, id, (epoch, count), &fields)
    }

    /// That `id` is typing.
    pub(crate) fn typing_as(&self, id: [u8; 8], epoch: u32, count: u32, room: &str) -> Vec<u8> {
        self.small(12, id, (epoch, count), &blake3::hash(room.as_bytes()).as_bytes()[..4])
    }

    /// A status of one field.
    pub(crate) fn field_status(&self, epoch: u32, count: u32, kind: u8, value: &[u8]) -> Vec<u8> {
        let field = [&[kind, u8::try_from(value.len()).unwrap()], value].concat();
        self.small(11, self.id(), (epoch, count), &field)
    }

    /// That it is typing in the room of this tag.
    pub(crate) fn tagged_typing(&self, epoch: u32, count: u32, tag: [u8; 4]) -> Vec<u8> {
        self.small(12, self.id(), (epoch, count), &tag)
    }

    /// A datagram of a locked room in the name of `id`: `body` is nonce, sealed content and tag.
    pub(crate) fn sealed_line(
        &self,
        tag: [u8; 4],
        id: [u8; 8],
        (epoch, number): (u32, u32),
        body: &[u8],
    ) -> Vec<u8> {
        let mut out = vec![b'L', b'C', 1, 48];
        out.extend_from_slice(&tag);
        out.extend_from_slice(&id);
        out.extend_from_slice(&epoch.to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&[0, 1]);
        out.extend_from_slice(body);
        self.signed(b"lanchat sealed 1\0", out)
    }

    /// A line of the lobby in the name of `id`.
    pub(crate) fn line_as(&self, id: [u8; 8], epoch: u32, number: u32, clock: u64, text: &str) -> Vec<u8> {
        self.line_in("lobby", id, epoch, number, clock, text)
    }

    /// A line of a room in the name of `id`.
    pub(crate) fn line_in(
        &self,
        room: &str,
        id: [u8; 8],
        epoch: u32,
        number: u32,
        clock: u64,
        text: &str,
    ) -> Vec<u8> {
        self.kind_in((1, room), id, (epoch, number), clock, text)
    }

    /// A line of any kind, by its number, in a room.
    pub(crate) fn kind_in(
        &self,
        (kind, room): (u8, &str),
        id: [u8; 8],
        (epoch, number): (u32, u32),
        clock: u64,
        text: &str,
    ) -> Vec<u8> {
        let mut out = text.as_bytes().to_vec();
        out.extend_from_slice(&[0, b'L', b'C', 0x10 | kind, 0]);
        out.extend_from_slice(&blake3::hash(room.as_bytes()).as_bytes()[..4]);
        out.extend_from_slice(&id);
        out.extend_from_slice(&epoch.to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&[0, 1]);
        out.extend_from_slice(&(clock << 16).to_be_bytes());
        self.signed(b"lanchat line 1\0", out)
    }

    pub(crate) fn line(&self, epoch: u32, number: u32, clock: u64, text: &str) -> Vec<u8> {
        self.line_as(self.id(), epoch, number, clock, text)
    }
}

/// A question for the datagrams `from` to `from + many` of a run.
pub(crate) fn nak(by: [u8; 8], run: ([u8; 8], u32), from: u32, many: u16) -> Vec<u8> {
    let mut out = vec![b'L', b'C', 1, 5, 0, 0];
    out.extend_from_slice(&by);
    out.push(1);
    out.extend_from_slice(&run.0);
    out.extend_from_slice(&run.1.to_be_bytes());
    out.extend_from_slice(&from.to_be_bytes());
    out.extend_from_slice(&many.to_be_bytes());
    out
}

/// A digest that tells of one run.
pub(crate) fn digest(by: [u8; 8], run: ([u8; 8], u32), lowest: u32, next: u32) -> Vec<u8> {
    let mut out = vec![b'L', b'C', 1, 8, 0, 0];
    out.extend_from_slice(&by);
    out.extend_from_slice(&[0x5a; 8]);
    out.extend_from_slice(&run.0);
    for n in [run.1, lowest, next] {
        out.extend_from_slice(&n.to_be_bytes());
    }
    out
}

/// A datagram of a line, sent again; or passed off as that.
pub(crate) fn repair(line: &[u8]) -> Vec<u8> {
    [&[b'L', b'C', 1, 6, 0, 0], line].concat()
}

pub(crate) fn whois(by: [u8; 8], of: [u8; 8]) -> Vec<u8> {
    [&[b'L', b'C', 1, 3, 0, 0], by.as_slice(), of.as_slice()].concat()
}

/// The UDP payload that carries `data` to a slot of all.
pub(crate) fn on_the_wire(id: u16, slot: &str, data: &[u8]) -> Vec<u8> {
    packet(id, lanchat::netbios::Kind::Group, slot, data)
}

/// The same, to all or to one.
pub(crate) fn packet(id: u16, kind: lanchat::netbios::Kind, slot: &str, data: &[u8]) -> Vec<u8> {
    use lanchat::netbios::{Datagram, Kind, Name};
    let (mut message, mut out) = (Vec::new(), Vec::new());
    lanchat::smb::MailslotWrite::new(&format!(r"\MAILSLOT\{slot}"), data).emit(&mut message);
    let datagram = Datagram {
        kind,
        id,
        source_ip: std::net::Ipv4Addr::UNSPECIFIED,
        source_port: 13_138,
        source: Name::new("EVIL", Name::WORKSTATION).unwrap(),
        destination: if kind == Kind::Unique { Name::WILDCARD } else { Name::new("WORKGROUP", 0).unwrap() },
        data: &message,
    };
    datagram.emit(&mut out);
    out
}

/// Whom a private line is for, as its beacon tells.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) id: [u8; 8],
    pub(crate) epoch: u32,
    pub(crate) public: [u8; 32],
    pub(crate) port: u16,
}

impl Reader {
    /// What a beacon in a UDP payload tells, if one is in it.
    pub(crate) fn heard(packet: &[u8]) -> Option<Self> {
        let datagram = lanchat::netbios::Datagram::parse(packet).ok()?;
        let write = lanchat::smb::MailslotWrite::parse(datagram.data).ok()?;
        let data = write.data;
        let beacon = data.len() > 56 && data[..4] == [b'L', b'C', 1, 1];
        beacon.then(|| Self {
            id: data[6..14].try_into().unwrap(),
            epoch: u32::from_be_bytes(data[14..18].try_into().unwrap()),
            public: data[22..54].try_into().unwrap(),
            port: u16::from_be_bytes(data[54..56].try_into().unwrap()),
        })
    }
}

impl Key {
    /// A private line, sealed as docs/PROTOCOL.md says.
    pub(crate) fn sealed(&self, to: &Reader, epoch: u32, number: u32, clock: u64, text: &str) -> Vec<u8> {
        let mut rest = vec![0, 1, 0];
        rest.extend_from_slice(&(clock << 16).to_be_bytes());
        rest.extend_from_slice(text.as_bytes());
        self.content(to, epoch, (1, number), &rest)
    }

    /// Any content of the reply slot, by type and number, sealed by the keys of both.
    pub(crate) fn content(&self, to: &Reader, epoch: u32, (kind, number): (u8, u32), rest: &[u8]) -> Vec<u8> {
        let mut body = vec![kind];
        for n in [epoch, to.epoch, number] {
            body.extend_from_slice(&n.to_be_bytes());
        }
        body.extend_from_slice(rest);
        self.seal(to, number, &body)
    }

    /// Any bytes as content, sealed. The nonce is made of `number`.
    pub(crate) fn seal(&self, to: &Reader, number: u32, content: &[u8]) -> Vec<u8> {
        use chacha20poly1305::aead::{AeadInOut, KeyInit};
        let theirs = ed25519_dalek::VerifyingKey::from_bytes(&to.public).unwrap().to_montgomery();
        let shared = theirs.mul_clamped(self.0.to_scalar_bytes()).to_bytes();
        let mut hasher = blake3::Hasher::new_derive_key("lanchat 2026-11 reply slot of a pair of peers");
        hasher.update(&shared);
        hasher.update(&self.public().min(to.public));
        hasher.update(&self.public().max(to.public));
        let cipher = chacha20poly1305::XChaCha20Poly1305::new(hasher.finalize().as_bytes().into());
        let mut head = vec![b'L', b'C', 1, 32];
        head.extend_from_slice(&self.id());
        head.extend_from_slice(&to.id);
        let nonce: [u8; 24] = std::array::from_fn(|n| number.to_be_bytes()[n % 4]);
        head.extend_from_slice(&nonce);
        let mut body = content.to_vec();
        let tag = cipher.encrypt_inout_detached(&nonce.into(), &head, body.as_mut_slice().into()).unwrap();
        [head, body, tag.to_vec()].concat()
    }

    /// A frame of the sync slot without its signature, signed.
    pub(crate) fn resign(&self, frame: Vec<u8>) -> Vec<u8> {
        self.signed(b"lanchat sync 1\0", frame)
    }
}

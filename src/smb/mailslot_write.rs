//! A write to a mailslot: `SMB_COM_TRANSACTION` with one opcode (\[MS-MAIL\] 2.2.1, \[MS-CIFS\] 2.2.4.33).
//!
//! Sent as Windows sends it, with the data aligned. Received as real senders write it: they fill the SMB header with
//! junk, leave the data unaligned, pad with anything and get `ByteCount` wrong. So only the offset and count of the data
//! are believed, and both are checked against the end of the message.

/// Bytes before the name: SMB header 32, word count 1, words 34, byte count 2.
const HEADER_LEN: usize = 69;

/// Where the fields stand that are checked, or differ between messages. All are little-endian.
mod at {
    pub(super) const COMMAND: usize = 4;
    pub(super) const WORD_COUNT: usize = 32;
    pub(super) const TOTAL_DATA_COUNT: usize = 35;
    pub(super) const PARAMETER_OFFSET: usize = 53;
    pub(super) const DATA_COUNT: usize = 55;
    pub(super) const DATA_OFFSET: usize = 57;
    pub(super) const SETUP_COUNT: usize = 59;
    pub(super) const OPCODE: usize = 61;
    pub(super) const PRIORITY: usize = 63;
    pub(super) const CLASS: usize = 65;
    pub(super) const BYTE_COUNT: usize = 67;
}

const MAGIC: [u8; 4] = *b"\xffSMB";
/// `SMB_COM_TRANSACTION`.
const TRANSACTION: u8 = 0x25;
const WORD_COUNT: u8 = 17;
const SETUP_COUNT: u8 = 3;
/// Write a mailslot.
const WRITE: u8 = 1;

/// What every message begins with: the values that Windows clients send, zero where \[MS-MAIL\] leaves the choice.
const TEMPLATE: [u8; HEADER_LEN] = {
    let mut header = [0; HEADER_LEN];
    header[0] = MAGIC[0];
    header[1] = MAGIC[1];
    header[2] = MAGIC[2];
    header[3] = MAGIC[3];
    header[at::COMMAND] = TRANSACTION;
    header[9] = 0x18; // Flags: path names are canonical and without case
    header[10] = 0x04; // Flags2: security signature, as Windows clients set it
    header[26] = 0xff; // PIDLow 0xFEFF
    header[27] = 0xfe;
    header[at::WORD_COUNT] = WORD_COUNT;
    header[at::SETUP_COUNT] = SETUP_COUNT;
    header[at::OPCODE] = WRITE;
    header
};

/// Why a message is not a mailslot write. Kept small and `Copy`: the receiver only counts these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Error {
    /// The message ends inside its header or its name.
    #[error("the SMB message is cut short")]
    Truncated,
    /// Not SMB, another command, or a transaction that does not write to a mailslot.
    #[error("the SMB message is not a mailslot write")]
    NotMailslotWrite,
    /// The name is not ASCII or does not begin with `\MAILSLOT\`.
    #[error("the mailslot name is not ASCII text that begins with \\MAILSLOT\\")]
    Name,
    /// The data would begin before the end of the name, or end after that of the message.
    #[error("the data of the mailslot write lies outside of the message")]
    Bounds,
}

/// One write to a mailslot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailslotWrite<'a> {
    /// The whole name, `\MAILSLOT\chat`: ASCII without NUL. Its case means nothing, but Wireshark and Samba know the
    /// prefix in upper case only.
    pub name: &'a str,
    /// What is written. Send 1 to 424 bytes: Samba drops an empty write, Windows a longer one. Emitting over 65 535
    /// makes a message that UDP cannot carry.
    pub data: &'a [u8],
    /// 0 to 9; receivers ignore it, lanchat sends 0.
    pub priority: u16,
    /// 1 reliable, 2 unreliable or broadcast; receivers ignore it, lanchat sends [`MailslotWrite::UNRELIABLE`].
    pub class: u16,
}

impl<'a> MailslotWrite<'a> {
    /// What every mailslot name begins with, in any case.
    pub const PREFIX: &'static str = "\\MAILSLOT\\";
    /// The class of all writes in datagrams.
    pub const UNRELIABLE: u16 = 2;

    /// The write as lanchat sends it.
    pub fn new(name: &'a str, data: &'a [u8]) -> Self {
        Self { name, data, priority: 0, class: Self::UNRELIABLE }
    }

    /// The name after its prefix: `chat`.
    pub fn slot(&self) -> &'a str {
        self.name.get(Self::PREFIX.len()..).unwrap_or_default()
    }

    /// Reads an SMB message, without allocating.
    ///
    /// # Errors
    /// When it is cut short, not a mailslot write, has a bad name, or its data does not lie between the name and the
    /// end of the message. With no data, its offset means nothing.
    pub fn parse(message: &'a [u8]) -> Result<Self, Error> {
        let head = message.first_chunk::<HEADER_LEN>().ok_or(Error::Truncated)?;
        let is_write = head.starts_with(&MAGIC)
            && head[at::COMMAND] == TRANSACTION
            && head[at::WORD_COUNT] == WORD_COUNT
            && head[at::SETUP_COUNT] == SETUP_COUNT
            && head[at::OPCODE] == WRITE
            && head[at::OPCODE + 1] == 0;
        if !is_write {
            return Err(Error::NotMailslotWrite);
        }
        let tail = message.get(HEADER_LEN..).ok_or(Error::Truncated)?;
        let end = tail.iter().position(|&b| b == 0).ok_or(Error::Truncated)?;
        let name = tail.get(..end).and_then(slot_name).ok_or(Error::Name)?;

        let count = usize::from(u16::from_le_bytes([head[at::DATA_COUNT], head[at::DATA_COUNT + 1]]));
        let offset = usize::from(u16::from_le_bytes([head[at::DATA_OFFSET], head[at::DATA_OFFSET + 1]]));
        let data = match count {
            0 => &[],
            _ if offset <= HEADER_LEN + end => return Err(Error::Bounds),
            _ => message.get(offset..offset + count).ok_or(Error::Bounds)?,
        };
        Ok(Self {
            name,
            data,
            priority: u16::from_le_bytes([head[at::PRIORITY], head[at::PRIORITY + 1]]),
            class: u16::from_le_bytes([head[at::CLASS], head[at::CLASS + 1]]),
        })
    }

    /// Appends the message in lanchat's sending profile: data aligned to 4 bytes, padded with zero, all counts exact.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let name_end = HEADER_LEN + self.name.len() + 1;
        let offset = name_end.next_multiple_of(4);
        let pad = offset - name_end;
        let bytes = (offset - HEADER_LEN).saturating_add(self.data.len());

        let mut head = TEMPLATE;
        let mut set = |at: usize, value: usize| {
            // A value that does not fit belongs to a message too long for UDP: it is never sent.
            let value = u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes();
            head.iter_mut().skip(at).zip(value).for_each(|(to, from)| *to = from);
        };
        set(at::TOTAL_DATA_COUNT, self.data.len());
        set(at::PARAMETER_OFFSET, offset);
        set(at::DATA_COUNT, self.data.len());
        set(at::DATA_OFFSET, offset);
        set(at::PRIORITY, usize::from(self.priority));
        set(at::CLASS, usize::from(self.class));
        set(at::BYTE_COUNT, bytes);

        out.reserve(HEADER_LEN.saturating_add(bytes));
        out.extend_from_slice(&head);
        out.extend_from_slice(self.name.as_bytes());
        out.resize(out.len() + 1 + pad, 0);
        out.extend_from_slice(self.data);
    }
}

/// The name as text, when it is ASCII and a mailslot's.
fn slot_name(bytes: &[u8]) -> Option<&str> {
    let (prefix, slot) = bytes.split_at_checked(MailslotWrite::PREFIX.len())?;
    let good =
        prefix.eq_ignore_ascii_case(MailslotWrite::PREFIX.as_bytes()) && !slot.is_empty() && bytes.is_ascii();
    if good { std::str::from_utf8(bytes).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emitted(name: &str, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        MailslotWrite::new(name, data).emit(&mut out);
        out
    }

    #[test]
    fn data_is_aligned_padded_with_zero_and_counted_exactly() {
        for (name, offset) in
            [("chat", 84), ("chats", 88), ("MESSNGR", 88), ("chatting", 88), ("chattings", 92)]
        {
            let name = format!("\\MAILSLOT\\{name}");
            let out = emitted(&name, b"data");
            assert_eq!(&out[offset..], b"data", "{name}");
            assert!(out[69 + name.len()..offset].iter().all(|b| *b == 0));
            assert_eq!(usize::from(out[67]), out.len() - 69);
            assert_eq!(out[53], out[57]);
        }
    }

    #[test]
    fn header_is_what_windows_clients_send() {
        let out = emitted("\\MAILSLOT\\chat", b"hello");
        assert_eq!(out[..12], *b"\xffSMB\x25\0\0\0\0\x18\x04\0");
        assert_eq!(out[26..28], [0xff, 0xfe]);
        assert_eq!(out[61..67], [1, 0, 0, 0, 2, 0]);
    }

    #[test]
    fn what_is_not_a_mailslot_write_is_refused() {
        for at in [0, 1, 2, 3, at::COMMAND, at::WORD_COUNT, at::SETUP_COUNT, at::OPCODE, at::OPCODE + 1] {
            let mut out = emitted("\\MAILSLOT\\chat", b"hello");
            out[at] ^= 0x10;
            assert_eq!(MailslotWrite::parse(&out), Err(Error::NotMailslotWrite), "{at}");
        }
    }

    #[test]
    fn data_outside_of_the_message_or_over_the_name_is_refused() {
        for (offset, count) in [(84, 6), (85, 5), (89, 1), (0, 5), (69, 1), (83, 1), (0xffff, 0xffff)] {
            let mut out = emitted("\\MAILSLOT\\chat", b"hello");
            out[at::DATA_OFFSET..][..2].copy_from_slice(&u16::to_le_bytes(offset));
            out[at::DATA_COUNT..][..2].copy_from_slice(&u16::to_le_bytes(count));
            let expected = Err(Error::Bounds);
            assert_eq!(MailslotWrite::parse(&out), expected, "{offset} {count}");
        }
    }

    #[test]
    fn an_empty_write_is_read_wherever_it_claims_to_be() {
        for offset in [0, 84, 0xffff] {
            let mut out = emitted("\\MAILSLOT\\chat", b"");
            out[at::DATA_OFFSET..][..2].copy_from_slice(&u16::to_le_bytes(offset));
            assert_eq!(MailslotWrite::parse(&out).map(|w| w.data), Ok(&b""[..]));
        }
    }

    #[test]
    fn names_are_ascii_behind_the_prefix_in_any_case() {
        for (name, slot) in [("\\mailslot\\CHAT", "CHAT"), ("\\MailSlot\\net\\netlogon", "net\\netlogon")] {
            let out = emitted(name, b"x");
            let write = MailslotWrite::parse(&out).unwrap();
            assert_eq!((write.name, write.slot()), (name, slot));
        }
        for name in ["\\PIPE\\chat", "\\MAILSLOT\\", "\\MAILSLOT", "", "\\MAILSLOT\\caf\u{e9}"] {
            assert_eq!(MailslotWrite::parse(&emitted(name, b"x")), Err(Error::Name), "{name}");
        }
    }

    #[test]
    fn a_name_without_an_end_is_cut_short() {
        let mut out = emitted("\\MAILSLOT\\chat", b"hello");
        out[69 + 14] = b'x';
        assert_eq!(MailslotWrite::parse(&out), Err(Error::Truncated));
    }

    #[test]
    fn too_much_data_saturates_instead_of_wrapping() {
        let out = emitted("\\MAILSLOT\\chat", &vec![7; 70_000]);
        assert_eq!(out[at::DATA_COUNT..][..2], [0xff, 0xff]);
        assert_eq!(out.len(), 70_084);
    }
}

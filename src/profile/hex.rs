//! Bytes as hex digits and back, without copies of secrets left in memory.

use std::fmt::Write as _;

use zeroize::Zeroizing;

/// Two lower-case digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        let _ = write!(out, "{byte:02x}"); // writing to a String cannot fail
    }
    out
}

/// 32 bytes from 64 digits.
pub(super) fn unhex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if text.len() != 64 {
        return None;
    }
    let mut out = Zeroizing::new([0; 32]);
    for (to, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for byte in pair {
            *to = *to << 4 | digit(*byte)?;
        }
    }
    Some(out)
}

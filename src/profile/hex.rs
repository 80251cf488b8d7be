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
    let digit = |c: char| c.to_digit(16).and_then(|d| u8::try_from(d).ok());
    let digits = Zeroizing::new(text.chars().map(digit).collect::<Option<Vec<u8>>>()?);
    if digits.len() != 64 {
        return None;
    }
    let mut out = Zeroizing::new([0; 32]);
    for (to, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *to = pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    }
    Some(out)
}

//! What is to be sent: the words of the command line, or standard input.

use std::io::{self, IsTerminal, Read};

use super::Failure;
use super::failure::tell;

/// At most `most` bytes of standard input.
pub(super) fn bytes(most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(most).read_to_end(&mut bytes);
    read.map_err(|e| Failure::Failed(format!("cannot read stdin: {e}; give the text as words")))?;
    Ok(bytes)
}

/// As [`bytes`]; who types is told how to end.
pub(super) fn typed(most: u64) -> Result<Vec<u8>, Failure> {
    if io::stdin().is_terminal() {
        tell("type the message, then press Ctrl+D at the start of a line");
    }
    bytes(most)
}

/// The words, or, for none and for `-`, what `read` gives, without the line breaks at its end.
pub(super) fn text(
    words: &[String],
    read: impl FnOnce() -> Result<Vec<u8>, Failure>,
) -> Result<String, Failure> {
    match words {
        [] => {}
        [dash] if dash == "-" => {}
        words => return Ok(words.join(" ")),
    }
    Ok(String::from_utf8_lossy(&read()?).trim_end_matches(['\n', '\r']).to_owned())
}

//! A message as it is printed.

use encoding_rs::WINDOWS_1252;
use serde::Serialize;

use crate::chat::Millis;
use crate::cli::clock;
use crate::mailslot::Message;
use crate::profile;
use crate::text::SafeText;

/// How messages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    Hex,
    Raw,
}

/// A message as a JSON object.
#[derive(Debug, Serialize)]
struct Record<'a> {
    r#type: &'static str,
    slot: &'a str,
    bytes: usize,
    text: SafeText,
    hex: String,
    local: bool,
    /// The process that wrote it, if it is local and known.
    pid: Option<u32>,
    /// The computer that the sender claims to be.
    host: Option<SafeText>,
    address: Option<String>,
    directed: bool,
    received_at: String,
}

pub(super) fn show(message: &Message, form: Form, now: Millis) -> Vec<u8> {
    let line = match form {
        Form::Raw => return message.data.clone(),
        Form::Text => text(&message.data).to_string(),
        Form::Hex => hex(&message.data),
        Form::Json => serde_json::to_string(&record(message, now)).unwrap_or_default(),
    };
    (line + "\n").into_bytes()
}

fn record(message: &Message, now: Millis) -> Record<'_> {
    let source = &message.source;
    let remote = (!source.local).then_some(source);
    Record {
        r#type: "message",
        slot: message.slot.as_str(),
        bytes: message.data.len(),
        text: text(&message.data),
        hex: hex(&message.data),
        local: source.local,
        pid: source.pid,
        host: remote.map(|source| SafeText::line(&source.name.text())),
        address: remote.map(|source| source.address.to_string()),
        directed: source.directed,
        received_at: clock::rfc3339(now),
    }
}

fn hex(data: &[u8]) -> String {
    profile::hex(data).to_string()
}

/// The text that a message is: UTF-8, or else what western Windows programs write. Neither the NUL that many of them send
/// along nor a last line break is part of it.
fn text(data: &[u8]) -> SafeText {
    let data = data.strip_suffix(&[0]).unwrap_or(data);
    let text = std::str::from_utf8(data)
        .map_or_else(|_| WINDOWS_1252.decode_without_bom_handling(data).0, Into::into);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    SafeText::clean(text.strip_suffix('\r').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_its_writer_meant_and_harmless() {
        for (data, expected) in [
            (&b"hello"[..], "hello"),
            (b"hello\0", "hello"),
            (b"hello\r\n", "hello"),
            (b"two\nlines\n", "two\nlines"),
            ("gr\u{fc}n".as_bytes(), "gr\u{fc}n"),
            (b"gr\xfcn", "gr\u{fc}n"),
            (b"\x1b[2J", "<U+001B>[2J"),
            (b"", ""),
        ] {
            assert_eq!(text(data).as_str(), expected);
        }
        assert_eq!(hex(b"\x00\xff1"), "00ff31");
    }
}

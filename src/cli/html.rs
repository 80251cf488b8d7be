//! The history as a page for a browser: one file, no scripts, nothing fetched from anywhere.

use std::fmt::Write;

use super::clock;
use super::quotes::{Quoted, shown};
use crate::chat::{Kind, Line, Trust};
use crate::history::said_at;

/// What stands before the lines.
pub(super) const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>lanchat history</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem }
p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
time, .mark { opacity: .6; font-size: .85em }
</style>
</head>
<body>
<h1>lanchat history</h1>
"#;

/// What stands after them.
pub(super) const TAIL: &str = "</body>\n</html>\n";

/// A line as a paragraph.
pub(super) fn line(line: &Line, quoted: Option<&Quoted>) -> String {
    let said_at = said_at(line);
    let mut out =
        format!("<p><time datetime=\"{}\">{}</time> ", clock::rfc3339(said_at), clock::day(said_at));
    let room = line.room.as_str();
    let marks =
        [(line.trust < Trust::New, line.trust.as_str()), (line.private, "private"), (room != "lobby", room)];
    for (_, mark) in marks.iter().filter(|(set, _)| *set) {
        let _ = write!(out, "<span class=\"mark\">{}</span> ", escaped(mark)); // to a String
    }
    let id = line.peer.map(|peer| format!(" title=\"{peer}\"")).unwrap_or_default();
    let (open, close) = if line.kind == Kind::Say { ("", ":") } else { ("* ", "") };
    let claimed = line.about.as_ref().map(|about| &about.quote);
    let quote = shown(&line.from, claimed, quoted).map(|quote| escaped(&quote)).unwrap_or_default();
    let (from, text) = (escaped(line.from.as_str()), escaped(line.text.as_str()));
    let text = match line.kind {
        Kind::Say | Kind::Action if !quote.is_empty() => {
            format!("<span class=\"mark\">{quote}</span> {text}")
        }
        Kind::Say | Kind::Action => text,
        Kind::Topic => format!("changed the topic: {text}"),
        Kind::Reaction => format!("reacts {text} to {quote}"),
    };
    let _ = writeln!(out, "<b{id}>{open}{from}{close}</b> {text}</p>"); // to a String
    out
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

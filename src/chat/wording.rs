//! How replies, topics and reactions read for a program that knows only text, and back: `<alice> [bob: lunch?] yes`,
//! `* alice changed the topic of #lunch: pizza`, `* alice reacts 👍 to bob: lunch?`.

use unicode_segmentation::UnicodeSegmentation;

use super::limits::{MAX_QUOTE, MAX_REACTION, MAX_TOPIC};
use super::room::RoomName;
use crate::text::SafeText;

const TOPIC: &str = "changed the topic of #";
const REACTS: &str = "reacts ";
const TO: &str = " to ";

/// The beginning of what somebody said, to be shown before an answer to it. Without `]`, which ends it.
pub(super) fn quote(from: &str, text: &str) -> SafeText {
    let all = format!("{from}: {}", SafeText::line(text)).replace(']', ")");
    SafeText::line(&shortened(&all, MAX_QUOTE))
}

/// Marks that could end a quotation, or seem to.
const MARKS: &[char] = &['"', '“', '”', '„', '‟', '«', '»', '″', '〃', '＂'];

/// What somebody said, as it is shown between quotation marks: its beginning, in one row, with no such mark in it.
pub fn quotation(text: &str) -> SafeText {
    let text = SafeText::line(text).as_str().replace(MARKS, "'");
    SafeText::line(&shortened(&text, MAX_QUOTE))
}

/// At most `max` bytes of it, cut between graphemes, with `…` where something is left out.
fn shortened(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        if kept.len() + grapheme.len() + '…'.len_utf8() > max {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.trim_end().to_owned() + "…"
}

/// An answer with what it answers in front.
pub(super) fn reply(quote: &SafeText, text: &str) -> String {
    format!("[{quote}] {text}")
}

/// What is answered, and the answer.
pub(super) fn parse_reply(text: &str) -> (&str, &str) {
    match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((quote, text)) if quote.len() <= MAX_QUOTE => (quote, text),
        _ => ("", text),
    }
}

/// A change of topic.
pub(super) fn topic(room: RoomName, topic: &SafeText) -> String {
    format!("{TOPIC}{room}: {topic}")
}

/// The room, and what it is about now.
pub(super) fn parse_topic(text: &str) -> Option<(RoomName, SafeText)> {
    let (room, topic) = text.strip_prefix(TOPIC)?.split_once(':')?;
    let topic = topic.strip_prefix(' ').unwrap_or(topic);
    (topic.len() <= MAX_TOPIC).then_some((room.parse().ok()?, SafeText::line(topic)))
}

/// A reaction to what is quoted.
pub(super) fn reaction(grapheme: &str, quote: &SafeText) -> String {
    format!("{REACTS}{grapheme}{TO}{quote}")
}

/// The reaction and what is quoted.
pub(super) fn parse_reaction(text: &str) -> Option<(SafeText, &str)> {
    let (grapheme, quote) = text.strip_prefix(REACTS)?.split_once(TO)?;
    Some((one_grapheme(grapheme)?, quote))
}

/// What may be a reaction: one grapheme that can be seen, of at most 8 bytes.
pub(crate) fn one_grapheme(text: &str) -> Option<SafeText> {
    let one = text.len() <= MAX_REACTION && text.graphemes(true).count() == 1 && text != " ";
    let safe = SafeText::line(text);
    (one && safe.as_str() == text).then_some(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_quoted_ends_at_its_mark() {
        assert_eq!(quotation("no\n\"yes” «it» is").as_str(), "no 'yes' 'it' is");
        assert!(quotation(&"\u{201c}".repeat(100)).as_str().len() <= MAX_QUOTE);
    }

    #[test]
    fn what_is_written_is_read() {
        let quote = quote("bob", "lunch at [noon]?\nor later");
        assert_eq!(quote.as_str(), "bob: lunch at [noon)? or later");
        assert_eq!(parse_reply(&reply(&quote, "yes [1] ")), (quote.as_str(), "yes [1] "));
        assert_eq!(parse_reply("no quote"), ("", "no quote"));
        let room: RoomName = "grün".parse().unwrap();
        let about = SafeText::line("a: b");
        assert_eq!(parse_topic(&topic(room, &about)), Some((room, about)));
        assert_eq!(parse_topic(&topic(room, &SafeText::default())), Some((room, SafeText::default())));
        assert_eq!(parse_topic("waves"), None);
        assert_eq!(parse_reaction(&reaction("👍", &quote)), Some((SafeText::line("👍"), quote.as_str())));
    }

    #[test]
    fn a_reaction_is_one_small_grapheme() {
        for good in ["👍", "👍🏽", "🇩🇪", "+", "é", "✔️"] {
            assert!(one_grapheme(good).is_some(), "{good}");
        }
        for bad in ["", " ", "ok", "👨‍👩‍👧", "\n", "\u{202e}", "\u{301}"] {
            assert!(one_grapheme(bad).is_none(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_quote_is_short_and_ends_where_it_should(from in "[a-z]{1,9}", text in any::<String>(), said in any::<String>()) {
            let quote = quote(&from, &text);
            prop_assert!(quote.as_str().len() <= MAX_QUOTE);
            let line = reply(&quote, &said);
            prop_assert_eq!(parse_reply(&line), (quote.as_str(), said.as_str()));
        }
    }
}

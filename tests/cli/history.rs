//! What was said, printed and searched by another program than the one that heard it.

use serde_json::Value;

use crate::support::{Home, Running};
use crate::talk::{Segment, json};

/// Alice and bob have met.
fn pair(segment: &Segment, alice: &Home, bob: &Home) -> (Running, Running) {
    let a = segment.start(alice, "alice", &["--plain", "--json"]);
    let b = segment.start(bob, "bob", &["--plain", "--json"]);
    a.hear("\"type\":\"join\"");
    b.hear("\"type\":\"join\"");
    (a, b)
}

/// Ends a chat, which writes everything.
fn end(mut chat: Running) {
    drop(chat.stdin.take());
    assert_eq!(chat.wait(), Some(0));
}

fn texts(lines: &str) -> Vec<String> {
    lines.lines().map(|line| json(line)["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_conversation_is_kept_found_and_exported() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    assert_eq!(alice.run(&["history"]).succeeded(), "");
    let (mut a, mut b) = pair(&segment, &alice, &bob);
    b.say("<b>Größe</b> & \"quotes\"");
    let heard = json(&a.hear("Größe"));
    a.say("an answer");
    b.hear("an answer");
    b.say("/me is no command here");
    a.hear("no command");
    end(a);
    // Also while another start of the chat is running.
    let _again = segment.start(&alice, "alice", &["--plain"]);
    let history = |args: &[&str]| alice.run(&[&["history"], args].concat()).succeeded();
    let all = history(&["--json"]);
    assert_eq!(texts(&all), ["<b>Größe</b> & \"quotes\"", "an answer", "/me is no command here"]);
    assert_eq!(json(all.lines().next().unwrap()), heard, "the same objects as are heard");
    assert_eq!(history(&["--export", "json"]), all);
    assert_eq!(texts(&history(&["--search", "grosse", "--json"])), [""; 0]);
    assert_eq!(texts(&history(&["--search", "grö", "--json"])), ["<b>Größe</b> & \"quotes\""]);
    assert_eq!(texts(&history(&["--from", "ALICE", "--since", "30d", "--json"])), ["an answer"]);
    assert_eq!(texts(&history(&["--limit", "1", "--json"])), ["/me is no command here"]);
    assert_eq!(history(&["--room", "elsewhere"]), "");
    let text = history(&["--search", "an \"answer\""]);
    let (time, line) = text.trim_end().split_at("2026-11-20 13:09".len());
    assert_eq!(line, " <alice> an answer");
    assert!(chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M").is_ok(), "{time}");
    let page = history(&["--export", "html"]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("bob:</b> &lt;b&gt;Größe&lt;/b&gt; &amp; &quot;quotes&quot;</p>"), "{page}");
    assert_eq!(page.matches("<p>").count(), 3);
    end(b);
}

const BOB_JOINS: &str = r#""type":"join","from":"bob""#;

fn is_join(line: &str) -> bool {
    line.contains(BOB_JOINS)
}

#[test]
fn tail_begins_with_the_past_and_tells_no_line_twice() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let (a, mut b) = pair(&segment, &alice, &bob);
    for n in 0..20 {
        b.say(&format!("line {n}"));
    }
    a.hear("line 19");
    end(a);
    let mut a = segment.start(&alice, "alice", &["--plain", "--json"]);
    a.hear("\"type\":\"join\"");
    let tail = segment.start(&alice, "listener", &["tail", "--json", "--since", "1h"]);
    for n in 20..30 {
        b.say(&format!("line {n}")); // heard by the tail, by the history, or by both
    }
    let mut heard = tail.until("line 29");
    if !heard.iter().any(|line| is_join(line)) {
        heard.extend(tail.until(BOB_JOINS));
    }
    for n in 30..40 {
        b.say(&format!("line {n}"));
    }
    heard.extend(tail.until("line 39"));
    let lines: Vec<Value> = heard.iter().map(|l| json(l)).filter(|l| l["type"] == "line").collect();
    let numbers: Vec<_> = lines.iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(numbers, (0..40).map(|n| format!("line {n}")).collect::<Vec<_>>());
    a.say("to both");
    tail.hear("to both");
    end(a);
    end(b);
}

#[test]
fn tail_begins_with_what_others_hold() {
    let (segment, alice, bob, new) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let (a, mut b) = pair(&segment, &alice, &bob);
    for n in 0..60 {
        b.say(&format!("line {n}"));
    }
    a.hear("line 59");
    end(b); // its author has left
    let tail = segment.start(&new, "listener", &["tail", "--json", "--since", "1h", "--count", "60"]);
    let heard = tail.until("line 59");
    let texts: Vec<_> = heard.iter().map(|l| json(l)).filter(|l| l["type"] == "line").collect();
    let texts: Vec<_> = texts.iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, (0..60).map(|n| format!("line {n}")).collect::<Vec<_>>());
    end(a);
}

#[test]
fn nothing_is_kept_where_that_is_not_wanted() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let a = segment.start(&alice, "alice", &["--plain", "--no-history"]);
    let settings = bob.path().join("settings.toml");
    std::fs::write(&settings, "history_lines = 0\n").unwrap();
    let mut b = segment.start(&bob, "bob", &["--plain", "--config", settings.to_str().unwrap()]);
    a.hear("bob");
    b.hear("alice");
    b.say("between us");
    a.hear("between us");
    end(a);
    end(b);
    for home in [&alice, &bob] {
        assert!(!home.data().join("default/history.db").exists());
        assert_eq!(home.run(&["history"]).succeeded(), "");
    }
}

#[test]
fn a_damaged_history_is_told_and_no_reason_not_to_chat() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let file = alice.data().join("default/history.db");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "no history at all").unwrap();
    let message = alice.run(&["history"]).failed(1);
    assert_eq!(
        message,
        "HOME/.local/share/lanchat/default/history.db is damaged; the chat sets it aside at its next start"
    );
    let (a, mut b) = pair(&segment, &alice, &bob);
    a.complain("history.db.damaged-");
    b.say("still here");
    a.hear("still here");
    end(a);
    assert!(alice.run(&["history"]).succeeded().ends_with("<bob> still here\n"));
}

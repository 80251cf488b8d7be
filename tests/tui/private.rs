//! Private lines between real programs on screens: one is away, the other restarts.

use super::lab::Terminal;
use super::{free_port, started};

#[test]
fn a_private_line_waits_for_its_reader_over_restarts() {
    let port = free_port();
    let (mut alice, mut bob) = (started("alice", port), started("bob", port));
    bob.press("good night\r");
    alice.shows("good night");
    alice.press("/query bob\r");
    alice.shows("2:bob");
    alice.press("are you there?\r");
    bob.shows("2:alice !1");
    bob.press("/query alice\r");
    bob.shows("are you there?");
    alice.wait_for("the mark of a line that is there", |s| s.contents().contains("are you there? ✓"));
    let bobs = bob.killed();
    alice.press("the keys are on your desk\r");
    alice.shows("the keys are on your desk … kept until bob returns");
    let alices = alice.killed();
    let mut alice = Terminal::start_in(alices, "alice", port, 100, 24);
    alice.shows("the keys are on your desk … kept until bob returns"); // in the place that was shown
    alice.press("\x1b1");
    alice.shows("1 private line of yours waits");
    alice.press("/kept\r");
    alice.shows("1 line waits for bob, kept until bob returns");
    alice.press("/msg bob and the coffee is out");
    alice.shows("> /msg bob and the coffee is out");
    alice.press("\r");
    alice.shows("write to everybody here"); // the message is empty again
    alice.press("/query bob\r");
    alice.shows("and the coffee is out … kept until bob returns");
    let mut bob = Terminal::start_in(bobs, "bob", port, 100, 24);
    alice.wait_for("the marks of both lines", |s| {
        let text = s.contents();
        text.contains("the keys are on your desk ✓") && text.contains("and the coffee is out ✓")
    });
    bob.press("/query alice\r");
    bob.wait_for("both lines, once and late", |s| {
        let text = s.contents();
        let once = |line: &str| text.matches(&format!("(late) {line}")).count() == 1;
        once("the keys are on your desk") && once("and the coffee is out") && text.contains("are you there?")
    });
    alice.press("/kept\r");
    alice.shows("no private line of yours waits");
    alice.press("/heard\r");
    alice.shows("your last line to bob: delivered");
    let bobs = bob.killed();
    let mut bob = Terminal::start_in(bobs, "bob", port, 100, 24);
    bob.shows("good night");
    bob.shows("2 online");
    bob.press("/query alice\r");
    bob.wait_for("each line once, from the history", |s| {
        let text = s.contents();
        ["keys are on", "coffee is out"].iter().all(|line| text.matches(line).count() == 1)
    });
}

#[test]
fn who_types_without_a_screen_writes_to_one_who_is_away() {
    let port = free_port();
    let plain = ["-c".to_owned(), "exec \"$0\" \"$@\" --plain".to_owned()];
    let mut alice = Terminal::start_within("/bin/sh", &plain, "alice", port, (100, 24), &[]);
    let mut bob = started("bob", port);
    alice.shows("bob");
    bob.press("good night\r");
    alice.shows("good night");
    let bobs = bob.killed();
    alice.shows("bob is no longer heard");
    alice.press("/msg bob the keys are on your desk\r");
    alice.press("/msg nobody psst\r");
    alice.shows("nobody here is called nobody");
    let mut bob = Terminal::start_in(bobs, "bob", port, 100, 24);
    bob.shows("2 online");
    bob.press("/query alice\r");
    bob.shows("(late) the keys are on your desk");
}

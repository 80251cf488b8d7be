use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

fn composer(text: &str) -> Composer {
    let mut c = Composer::default();
    c.set_width(20);
    c.insert(text);
    c
}

fn after(text: &str, edits: &[Edit]) -> String {
    let mut c = composer(text);
    for edit in edits {
        c.edit(*edit);
    }
    let (before, behind) = c.text.split_at(c.cursor);
    format!("{before}|{behind}")
}

#[test]
fn deletes_whole_graphemes() {
    assert_eq!(after("a👨‍👩‍👧b", &[Edit::Backspace, Edit::Backspace]), "a|");
    assert_eq!(after("e\u{301}🇩🇪", &[Edit::Left, Edit::Left, Edit::Delete]), "|🇩🇪");
    assert_eq!(after("", &[Edit::Backspace, Edit::Delete, Edit::Left, Edit::Up, Edit::Undo]), "|");
}

#[test]
fn a_grapheme_typed_in_parts_becomes_one() {
    let mut c = Composer::default();
    for part in ["x", "e", "\u{301}", "👨", "\u{200d}", "👩"] {
        c.insert(part);
    }
    assert_eq!(c.text(), "xe\u{301}👨\u{200d}👩");
    assert_eq!(c.text().graphemes(true).count(), 3);
    c.insert("\u{200d}");
    c.insert("y");
    assert_eq!(c.text(), "xe\u{301}👨\u{200d}👩<U+200D>y");
    let mut alone = Composer::default();
    alone.insert("\u{200d}");
    assert!(alone.is_empty());
}

#[test]
fn a_paste_is_text() {
    let c = composer("a\r\nb\rc\x1b[31m\td");
    assert_eq!(c.text(), "a\nb\nc<U+001B>[31m    d");
    assert_eq!(c.lines(), 3);
}

#[test]
fn moves_and_cuts_by_word() {
    assert_eq!(after("one two-three", &[Edit::WordLeft]), "one two-|three");
    assert_eq!(after("one two-three", &[Edit::KillToSpace]), "one |");
    assert_eq!(after("one two-three", &[Edit::KillWordLeft]), "one two-|");
    assert_eq!(after("one two", &[Edit::LineStart, Edit::WordRight, Edit::KillWordRight]), "one|");
    assert_eq!(after("ab\ncd", &[Edit::KillToStart, Edit::Backspace, Edit::Yank]), "abcd|");
    assert_eq!(
        after("ab\ncd", &[Edit::Start, Edit::KillToEnd, Edit::KillToEnd, Edit::LineEnd, Edit::Yank]),
        "cdab\n|"
    );
}

#[test]
fn cuts_in_a_row_are_one_and_older_ones_follow() {
    assert_eq!(after("one two", &[Edit::KillToSpace, Edit::KillToSpace, Edit::Yank]), "one two|");
    let parted = [Edit::KillToSpace, Edit::Left, Edit::Right, Edit::KillToSpace];
    assert_eq!(after("one two", &[&parted[..], &[Edit::Yank]].concat()), "one |");
    assert_eq!(after("one two", &[&parted[..], &[Edit::Yank, Edit::YankOlder]].concat()), "two|");
    assert_eq!(after("one two", &[Edit::YankOlder]), "one two|");
}

#[test]
fn swaps_two_graphemes() {
    assert_eq!(after("ab", &[Edit::Transpose]), "ba|");
    assert_eq!(after("abc", &[Edit::Left, Edit::Transpose]), "acb|");
    assert_eq!(after("a", &[Edit::Transpose]), "a|");
    assert_eq!(after("x\na", &[Edit::Transpose]), "x\na|");
}

#[test]
fn goes_up_and_down_on_rows_then_through_history() {
    let mut c = composer("first");
    c.take();
    c.insert("second");
    c.take();
    c.insert("long line\nab\nanother");
    c.edit(Edit::Up);
    assert_eq!(c.cursor_place(), (1, 2));
    c.edit(Edit::Up);
    assert_eq!(c.cursor_place(), (0, 7), "the column is kept across a short row");
    c.edit(Edit::Up);
    assert_eq!(c.text(), "second");
    c.edit(Edit::Up);
    c.edit(Edit::Up);
    assert_eq!(c.text(), "first");
    c.edit(Edit::Down);
    c.edit(Edit::Down);
    assert_eq!(c.text(), "long line\nab\nanother", "the draft was kept");
    c.edit(Edit::Down);
    assert_eq!(c.text(), "long line\nab\nanother");
}

#[test]
fn what_is_cleared_ends_the_way_through_history() {
    let mut c = composer("first");
    c.take();
    c.insert("second");
    c.take();
    for _ in 0..2 {
        c.edit(Edit::Older);
    }
    assert_eq!(c.text(), "first");
    c.clear();
    c.edit(Edit::Newer);
    assert_eq!(c.text(), "");
    c.edit(Edit::Older);
    assert_eq!(c.text(), "second");
}

#[test]
fn up_where_nothing_is_written_is_free_and_ctrl_p_goes_back() {
    let mut c = composer("first");
    c.take();
    c.edit(Edit::Up);
    assert_eq!(c.text(), "");
    c.edit(Edit::Older);
    assert_eq!(c.text(), "first");
    c.edit(Edit::Newer);
    assert_eq!(c.text(), "");
    c.insert("x\ny");
    c.edit(Edit::Older);
    assert_eq!(c.text(), "first", "from any row");
    c.edit(Edit::Undo);
    assert_eq!(c.text(), "x\ny");
}

#[test]
fn a_capital_letter_for_the_next_word() {
    assert_eq!(after("one tWO", &[Edit::Start, Edit::Capitalize, Edit::Capitalize]), "One Two|");
    assert_eq!(after("ßx e\u{301}A", &[Edit::Start, Edit::Capitalize, Edit::Capitalize]), "SSx E\u{301}a|");
    assert_eq!(after("a !", &[Edit::Capitalize]), "a !|");
}

#[test]
fn what_was_sent_is_found_while_it_is_typed() {
    let mut c = Composer::default();
    for text in ["deploy alpha", "lunch?", "Deploy beta", "lunch?", "see you"] {
        c.set(text);
        c.take();
    }
    c.insert("draft");
    c.search_start();
    assert_eq!((c.text(), c.searched()), ("draft", Some(("", false))));
    c.search_type("dep");
    assert_eq!(c.text(), "Deploy beta");
    c.search_again(true);
    assert_eq!(c.text(), "deploy alpha");
    c.search_again(true);
    assert_eq!((c.text(), c.searched()), ("deploy alpha", Some(("dep", true))));
    c.search_again(false);
    assert_eq!((c.text(), c.searched()), ("Deploy beta", Some(("dep", false))));
    c.search_type("x");
    assert_eq!(c.searched(), Some(("depx", true)));
    c.search_shorten();
    assert_eq!(c.text(), "Deploy beta");
    c.search_cancel();
    assert_eq!((c.text(), c.cursor(), c.searched()), ("draft", 5, None));
    c.search_start();
    c.search_type("lun");
    c.search_again(true);
    assert_eq!((c.text(), c.searched()), ("lunch?", Some(("lun", true))), "the same again is no news");
    c.search_take();
    c.edit(Edit::Older);
    assert_eq!(c.text(), "Deploy beta", "it goes on from there");
    c.edit(Edit::Undo);
    c.edit(Edit::Undo);
    assert_eq!(c.text(), "draft");
}

#[test]
fn what_was_sent_in_an_earlier_run_is_there_again() {
    let mut c = composer("now");
    c.take();
    c.prepend_sent(&["old\x1b[31m".to_owned(), "older".to_owned()]);
    assert_eq!(c.sent(), ["old<U+001B>[31m", "older", "now"]);
    for n in 0..600 {
        c.set(&n.to_string());
        c.take();
    }
    assert_eq!(c.sent().len(), 500);
    c.prepend_sent(&vec!["x".repeat(300 << 10); 1]);
    for n in 0..9 {
        c.set(&format!("{n}{}", "y".repeat(200 << 10)));
        c.take();
    }
    assert!(c.sent().iter().map(String::len).sum::<usize>() <= 1 << 20);
}

#[test]
fn up_and_down_visit_each_row_of_a_long_word() {
    let mut c = composer(&"x".repeat(70));
    assert_eq!(c.cursor_place(), (3, 10));
    for row in [2, 1, 0] {
        c.edit(Edit::Up);
        assert_eq!(c.cursor_place(), (row, 10));
    }
    c.edit(Edit::Down);
    assert_eq!(c.cursor_place(), (1, 10));
}

#[test]
fn undo_takes_typed_words_back_whole() {
    let mut c = Composer::default();
    for ch in ["h", "i", " ", "y", "o"] {
        c.insert(ch);
    }
    c.edit(Edit::Undo);
    assert_eq!(c.text(), "hi ");
    c.clear();
    c.edit(Edit::Undo);
    assert_eq!(c.text(), "hi ");
}

fn step() -> impl Strategy<Value = Result<Edit, String>> {
    use Edit::*;
    let edits = vec![
        Left,
        Right,
        WordLeft,
        WordRight,
        LineStart,
        LineEnd,
        Start,
        Finish,
        Up,
        Down,
        Newline,
        Backspace,
        Delete,
        KillWordLeft,
        KillWordRight,
        KillToSpace,
        KillToStart,
        KillToEnd,
        Yank,
        YankOlder,
        Transpose,
        Capitalize,
        Older,
        Newer,
    ];
    let texts = prop_oneof![
        Just("a ".to_owned()),
        Just("👨\u{200d}👩\u{200d}👧".to_owned()),
        Just("\u{301}".to_owned()),
        Just("🇩".to_owned()),
        Just("\u{200d}".to_owned()),
        any::<String>(),
    ];
    prop_oneof![proptest::sample::select(edits).prop_map(Ok), texts.prop_map(Err)]
}

proptest! {
    #[test]
    fn undo_returns_exactly(steps in proptest::collection::vec(step(), 0..40)) {
        let mut c = Composer::default();
        c.set_width(12);
        // Each text before a change that undo knows of, in order.
        let mut states = vec![(String::new(), 0)];
        for step in steps {
            let before = (c.text.clone(), c.cursor);
            match step {
                Ok(edit) => c.edit(edit),
                Err(text) => c.set(&format!("{}{}", c.text, SafeText::clean(&text))),
            }
            if c.text != before.0 {
                states.push(before);
            }
        }
        while let Some((text, cursor)) = states.pop() {
            if states.is_empty() {
                break;
            }
            while c.text != text && !c.undo.is_empty() {
                c.edit(Edit::Undo);
            }
            prop_assert_eq!((c.text.as_str(), c.cursor), (text.as_str(), cursor));
        }
    }

    #[test]
    fn any_steps_keep_the_cursor_on_a_boundary_and_undo_takes_all_back(
        steps in proptest::collection::vec(step(), 0..60), width in 1_usize..30,
    ) {
        let mut c = Composer::default();
        c.set_width(width);
        for step in steps {
            match step {
                Ok(edit) => c.edit(edit),
                Err(text) => c.insert(&text),
            }
            let boundaries = c.text.grapheme_indices(true).map(|(at, _)| at).chain([c.text.len()]);
            prop_assert!(boundaries.into_iter().any(|at| at == c.cursor), "{:?} at {}", c.text, c.cursor);
            let (row, column) = c.cursor_place();
            prop_assert!(row < c.rows().len() && column <= width);
        }
        for _ in 0..200 {
            c.edit(Edit::Undo);
        }
        prop_assert_eq!(c.text(), "");
    }
}

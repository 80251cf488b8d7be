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

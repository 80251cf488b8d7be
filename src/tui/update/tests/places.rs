//! Going from place to place: what belongs to each stays there.

use super::*;

/// The lobby and a private conversation with bob, with a long log in the first.
fn with_bob() -> (Model, Peer) {
    let (mut m, bob) = (model(), peer(2, "bob"));
    hear(&mut m, Event::Join(bob.clone()));
    for n in 1..50 {
        hear(&mut m, Event::Line(line(&bob, &format!("line {n}"))));
    }
    enter(&mut m, "/query bob");
    assert_eq!(m.place(), Place::Peer(bob.id));
    (m, bob)
}

#[test]
fn what_is_written_is_taken_back_and_gone_back_to_where_it_was_written() {
    let (mut m, _) = with_bob();
    keys(&mut m, &["s", "e", "c", "r", "e", "t", "Alt+1", "Ctrl+_", "Ctrl+_"]);
    assert_eq!((m.place(), m.composer.text()), (Place::LOBBY, ""));
    keys(&mut m, &["Alt+2"]);
    assert_eq!(m.composer.text(), "secret");
    keys(&mut m, &["Ctrl+_"]);
    assert_eq!(m.composer.text(), "");
    // A message of the past is looked at while something is being written.
    keys(&mut m, &["Alt+1", "o", "l", "d", "Enter", "n", "e", "w", "Ctrl+P"]);
    assert_eq!(m.composer.text(), "old");
    let drafts = |m: &Model| m.drafts().into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(drafts(&m), ["new", ""]);
    keys(&mut m, &["Alt+2", "Ctrl+N"]);
    assert_eq!(m.composer.text(), "");
    assert_eq!(drafts(&m), ["new", ""]);
    keys(&mut m, &["Alt+1"]);
    assert_eq!(m.composer.text(), "old");
    keys(&mut m, &["Ctrl+N"]);
    assert_eq!(m.composer.text(), "new");
    // And a search among them.
    keys(&mut m, &["Ctrl+R", "o", "Alt+2"]);
    assert_eq!(drafts(&m), ["new", ""]);
}

#[test]
fn an_answer_waits_in_its_room() {
    let (mut m, bob) = with_bob();
    keys(&mut m, &["Alt+1"]);
    let id = LineId { sender: bob.id, epoch: 1, seq: 1 };
    hear(&mut m, Event::Line(Line { id: Some(id), ..line(&bob, "tea?") }));
    keys(&mut m, &["Up", "r", "y", "e", "s", "Alt+2"]);
    assert!(m.answering.is_none() && m.composer.is_empty());
    keys(&mut m, &["Alt+1"]);
    assert_eq!(m.answering.as_ref().map(|to| to.line), Some(id));
    assert_eq!(m.composer.text(), "yes");
}

#[test]
fn the_newest_is_followed_again_after_a_place_was_left_while_a_line_was_chosen() {
    for begins in ["Up", "Ctrl+S"] {
        let (mut m, bob) = with_bob();
        keys(&mut m, &["Alt+1", begins, "Alt+2", "Alt+1"]);
        assert_eq!(m.scroll, Scroll::Newest, "{begins}");
        hear(&mut m, Event::Line(line(&bob, "seen?")));
        assert_eq!((m.unread, m.scroll), (0, Scroll::Newest), "{begins}");
    }
}

#[test]
fn mentions_of_all_places_are_listed_and_gone_to() {
    let (mut m, bob) = with_bob();
    keys(&mut m, &["Alt+1"]);
    hear(&mut m, Event::Line(line(&bob, "me, come here")));
    keys(&mut m, &["Alt+2"]);
    enter(&mut m, "/mentions");
    let Mode::List(list) = &m.mode else { panic!("{:?}", m.mode) };
    let told: Vec<_> = list.items.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(told, ["#lobby · me, come here"]);
    keys(&mut m, &["Enter"]);
    assert_eq!(m.place(), Place::LOBBY);
}

#[test]
fn the_details_of_a_long_line_are_read_to_their_end() {
    let (mut m, bob) = with_bob();
    keys(&mut m, &["Alt+1"]);
    let text = (1..=60).map(|n| format!("row {n}")).collect::<Vec<_>>().join("\n");
    hear(&mut m, Event::Line(line(&bob, &text)));
    keys(&mut m, &["Up", "Enter"]);
    keys(&mut m, &["PageDown"; 40]);
    let Mode::Details(details) = &m.mode else { panic!("{:?}", m.mode) };
    let area = m.layout().log;
    let rows = crate::tui::model::details_page(&m, details, area.width);
    assert_eq!(details.first + usize::from(area.height), rows.len());
    assert!(rows.last().is_some_and(|(name, _)| *name == "heard" || name.is_empty()), "{rows:?}");
}

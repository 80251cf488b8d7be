//! Files: the commands about them, and what becomes of them.

use super::Effect;
use crate::chat::{PeerId, Trust};
use crate::session;
use crate::text::SafeText;
use crate::transfer::{Happening, TransferError, TransferId, What, bytes};
use crate::tui::model::{Completion, Level, Model, Stage, Transfer};

/// News of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An own file is being offered.
    Began {
        /// Which transfer.
        id: TransferId,
        /// To whom.
        to: PeerId,
        /// The file's name.
        name: SafeText,
    },
    /// An own file cannot be offered.
    NotSent {
        /// Why.
        error: String,
    },
    /// The desk tells.
    Happened(Happening),
}

/// `/send`. A space in the name of the file may be written as `\ `, as completion does.
pub(super) fn send(model: &mut Model, to: &str, path: &str) -> Vec<Effect> {
    match session::find(model.people.list(), to) {
        Ok(peer) => vec![Effect::SendFile { to: peer.clone(), path: Completion::file_name(path).into() }],
        Err(error) => {
            model.notice(Level::Error, &error.to_string());
            Vec::new()
        }
    }
}

/// `/accept` and `/decline`: the oldest offer, or the oldest of this peer.
pub(super) fn answer(model: &mut Model, from: Option<&str>, accept: bool) -> Vec<Effect> {
    let Ok(peer) = meant(model, from) else { return Vec::new() };
    let Some(offer) = model.transfers.offered(peer) else {
        model.notice(Level::Info, "no file waits for your answer");
        return Vec::new();
    };
    vec![Effect::AnswerFile { id: offer.id, accept }]
}

/// `/cancel`: the newest transfer, or the newest with this peer.
pub(super) fn cancel(model: &mut Model, with: Option<&str>) -> Vec<Effect> {
    let Ok(peer) = meant(model, with) else { return Vec::new() };
    let Some(transfer) = model.transfers.newest(peer) else {
        model.notice(Level::Info, "no file is on its way");
        return Vec::new();
    };
    vec![Effect::CancelFile { id: transfer.id }]
}

/// Whom the user means, if anybody; tells when there is nobody of this name.
fn meant(model: &mut Model, name: Option<&str>) -> Result<Option<PeerId>, ()> {
    let Some(name) = name else { return Ok(None) };
    // Whose files are on their way need not be here any more.
    let named = |t: &&Transfer| model.file_peer(t.peer).as_str().eq_ignore_ascii_case(name);
    let gone = || model.transfers.list().iter().find(named).map(|t| t.peer);
    match session::find(model.people.list(), name).map(|p| p.id).or_else(|error| gone().ok_or(error)) {
        Ok(peer) => Ok(Some(peer)),
        Err(error) => {
            model.notice(Level::Error, &error.to_string());
            Err(())
        }
    }
}

/// `/ignore`: what this one offers is declined.
pub(super) fn ignored(model: &mut Model, peer: PeerId) -> Vec<Effect> {
    let mut effects = Vec::new();
    while let Some(id) = model.transfers.offered(Some(peer)).map(|offer| offer.id) {
        model.transfers.remove(id);
        effects.push(Effect::AnswerFile { id, accept: false });
    }
    effects
}

pub(super) fn news(model: &mut Model, news: News) -> Vec<Effect> {
    match news {
        News::Began { id, to, name } => {
            let with = model.file_peer(to);
            model.notice(Level::Info, &format!("{name} is offered to {with}; /cancel takes it back"));
            let stage = Stage::Offered;
            model.transfers.add(Transfer { id, peer: to, name, size: 0, outgoing: true, stage });
        }
        News::NotSent { error } => model.notice(Level::Error, SafeText::line(&error).as_str()),
        News::Happened(Happening { id, what: What::Offered { from, again, .. } })
            if model.ignored.contains(&PeerId::of_key(&from)) =>
        {
            return vec![if again {
                Effect::CancelFile { id }
            } else {
                Effect::AnswerFile { id, accept: false }
            }];
        }
        News::Happened(Happening { id, what }) => happened(model, id, what),
    }
    Vec::new()
}

fn happened(model: &mut Model, id: TransferId, what: What) {
    match what {
        What::Offered { from, known, again, name, size } => {
            let peer = PeerId::of_key(&from);
            let with = model.file_peer(peer);
            let here = model.people.get(peer).map(|p| p.trust);
            let careful = match here {
                Some(Trust::Doubtful) => ", WHO MAY NOT BE WHO THE NAME SAYS,",
                Some(Trust::Known | Trust::Verified) => "",
                _ if known => "",
                Some(_) => ", whom you have not met before today,",
                None => ", a stranger,",
            };
            let ask = if again { "it goes on" } else { "/accept takes it, /decline does not" };
            let size_text = bytes(size);
            model.notice(Level::Info, &format!("{with}{careful} offers {name} ({size_text}); {ask}"));
            let stage = if again { Stage::Moving(0) } else { Stage::Offered };
            model.transfers.add(Transfer { id, peer, name, size, outgoing: false, stage });
        }
        What::Excess { from } => {
            let peer = PeerId::of_key(&from);
            if !model.ignored.contains(&peer) {
                let name = model.file_peer(peer);
                model.count_excess(&name);
            }
        }
        What::Asked => {}
        What::Progress { done, size } => {
            if let Some(transfer) = model.transfers.get_mut(id) {
                (transfer.stage, transfer.size) = (Stage::Moving(done), size);
            }
        }
        What::Done(path) => {
            let Some(Transfer { name, peer, .. }) = model.transfers.remove(id) else { return };
            let with = model.file_peer(peer);
            let text = match path {
                Some(path) => format!("{name} of {with} is here: {}", path.display()),
                None => format!("{with} has {name}"),
            };
            model.notice(Level::Info, SafeText::line(&text).as_str());
        }
        What::Failed { error, .. } => {
            let Some(Transfer { name, peer, .. }) = model.transfers.remove(id) else { return };
            let with = model.file_peer(peer);
            // What this user ended himself is no surprise.
            let level =
                if error == TransferError::Cancelled.to_string() { Level::Info } else { Level::Error };
            model.notice(level, SafeText::line(&format!("{name} ({with}): {error}")).as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Event, Nick, Peer};
    use crate::session::Update;
    use crate::tui::update::{Msg, tests, update};

    fn peer(id: PeerId, name: &str) -> Peer {
        Peer { id, ..tests::peer(1, name) }
    }

    fn tell(model: &mut Model, what: What) {
        update(model, Msg::File(News::Happened(Happening { id: TransferId(1), what })));
    }

    fn type_in(model: &mut Model, text: &str) -> Vec<Effect> {
        update(model, Msg::Paste(text.to_owned()));
        update(model, Msg::Key("Enter".parse().unwrap()))
    }

    fn last(model: &Model) -> String {
        model.log.iter().next_back().unwrap().body(crate::tui::model::Gutter::of(200)).text().to_string()
    }

    #[test]
    fn an_offer_is_answered_and_followed() {
        let mut model = Model::new(PeerId([9; 8]), &"me".parse::<Nick>().unwrap());
        assert_eq!(type_in(&mut model, "/accept"), []);
        assert_eq!(last(&model), "no file waits for your answer");
        let name = SafeText::clean("a.txt");
        tell(&mut model, What::Offered { from: [1; 32], known: false, again: false, name, size: 1500 });
        let id = PeerId::of_key(&[1; 32]);
        let offer = format!("{id}, a stranger, offers a.txt (1.5 kB); /accept takes it, /decline does not");
        assert_eq!(last(&model), offer);
        for (text, accept) in [("/accept", true), ("/decline", false)] {
            assert_eq!(type_in(&mut model, text), [Effect::AnswerFile { id: TransferId(1), accept }]);
        }
        assert_eq!(type_in(&mut model, &format!("/cancel {id}")), [Effect::CancelFile { id: TransferId(1) }]);
        tell(&mut model, What::Progress { done: 5, size: 1500 });
        assert_eq!(type_in(&mut model, "/accept"), [], "it is accepted");
        tell(&mut model, What::Done(Some("/home/me/a.txt".into())));
        assert_eq!(last(&model), format!("a.txt of {id} is here: /home/me/a.txt"));
        assert_eq!(type_in(&mut model, "/cancel"), []);
        assert_eq!(type_in(&mut model, "/send nobody a.txt"), []);
        assert!(last(&model).contains("nobody here is called nobody"));
    }

    fn offered(id: u32, key: u8, name: &str) -> Msg {
        let name = SafeText::clean(name);
        let what = What::Offered { from: [key; 32], known: false, again: false, name, size: 1 };
        Msg::File(News::Happened(Happening { id: TransferId(id), what }))
    }

    #[test]
    fn whom_the_user_ignores_offers_nothing() {
        let mut model = Model::new(PeerId([9; 8]), &"me".parse::<Nick>().unwrap());
        let id = PeerId::of_key(&[1; 32]);
        model.people.set(peer(id, "mallory"));
        update(&mut model, offered(1, 1, "before"));
        let declined = |id| Effect::AnswerFile { id: TransferId(id), accept: false };
        let effects = type_in(&mut model, "/ignore mallory");
        let rooms = Effect::Rooms { show: false };
        assert_eq!(
            effects,
            [Effect::Ignore { peer: id, on: true }, declined(1), rooms],
            "what waits goes, too"
        );
        let rows = model.log.len();
        assert_eq!(update(&mut model, offered(2, 1, "YOU ARE A FOOL")), [declined(2)]);
        for what in [
            What::Failed { error: "cancelled".to_owned(), again: false, silent: false },
            What::Excess { from: [1; 32] },
            What::Done(None),
        ] {
            update(&mut model, Msg::File(News::Happened(Happening { id: TransferId(2), what })));
        }
        let name = SafeText::clean("begun");
        let what = What::Offered { from: [1; 32], known: true, again: true, name, size: 1 };
        let again = update(&mut model, Msg::File(News::Happened(Happening { id: TransferId(3), what })));
        assert_eq!(again, [Effect::CancelFile { id: TransferId(3) }]);
        assert_eq!((model.log.len(), model.transfers.list().len()), (rows, 0), "not a word of it");
    }

    #[test]
    fn too_many_offers_are_one_row() {
        let mut model = Model::new(PeerId([9; 8]), &"me".parse::<Nick>().unwrap());
        model.people.set(peer(PeerId::of_key(&[1; 32]), "mallory"));
        for _ in 0..40 {
            tell(&mut model, What::Excess { from: [1; 32] });
        }
        assert_eq!(model.log.len(), 1);
        let told = "40 more offers were declined unseen: too many files a minute, the last from mallory; \
                    /ignore NICK declines all of one";
        assert_eq!(last(&model), told);
        model.now += 60_000;
        tell(&mut model, What::Excess { from: [1; 32] });
        assert_eq!(model.log.len(), 2);
        assert!(last(&model).starts_with("1 more offer was"));
    }

    #[test]
    fn an_offer_is_its_keys_and_no_names() {
        let mut model = Model::new(PeerId([9; 8]), &"me".parse::<Nick>().unwrap());
        let (thief, bob) = (PeerId::of_key(&[1; 32]), PeerId::of_key(&[2; 32]));
        let called = |id, name| Msg::Update(Update::Event(Event::Changed(peer(id, name))));
        update(&mut model, called(thief, "bob"));
        update(&mut model, offered(1, 1, "report.pdf"));
        update(&mut model, called(thief, "mallory"));
        update(&mut model, called(bob, "bob"));
        update(&mut model, offered(2, 2, "report.pdf"));
        let accepted = [Effect::AnswerFile { id: TransferId(2), accept: true }];
        assert_eq!(type_in(&mut model, "/accept bob"), accepted);
        // One who has left under a name that somebody has now is told apart.
        update(&mut model, called(thief, "bob"));
        model.people.remove(thief);
        assert_eq!(type_in(&mut model, "/accept bob"), accepted);
        let gone = model.file_peer(thief);
        assert_eq!(gone.as_str(), format!("bob~{}", thief.short()));
        let accepted = [Effect::AnswerFile { id: TransferId(1), accept: true }];
        assert_eq!(type_in(&mut model, &format!("/accept {gone}")), accepted);
        tell(&mut model, What::Done(Some("/home/me/report.pdf".into())));
        assert_eq!(last(&model), format!("report.pdf of {gone} is here: /home/me/report.pdf"));
    }
}

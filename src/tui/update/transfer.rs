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
    let with =
        model.transfers.list().iter().find(|t| t.with.as_str().eq_ignore_ascii_case(name)).map(|t| t.peer);
    match with.map_or_else(|| session::find(model.people.list(), name).map(|p| p.id), Ok) {
        Ok(peer) => Ok(Some(peer)),
        Err(error) => {
            model.notice(Level::Error, &error.to_string());
            Err(())
        }
    }
}

pub(super) fn news(model: &mut Model, news: News) {
    match news {
        News::Began { id, to, name } => {
            let with = called(model, to);
            model.notice(Level::Info, &format!("{name} is offered to {with}; /cancel takes it back"));
            let stage = Stage::Offered;
            model.transfers.add(Transfer { id, peer: to, with, name, size: 0, outgoing: true, stage });
        }
        News::NotSent { error } => model.notice(Level::Error, SafeText::line(&error).as_str()),
        News::Happened(Happening { id, what }) => happened(model, id, what),
    }
}

fn happened(model: &mut Model, id: TransferId, what: What) {
    match what {
        What::Offered { from, known, again, name, size } => {
            let peer = PeerId::of_key(&from);
            let with = called(model, peer);
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
            model.transfers.add(Transfer { id, peer, with, name, size, outgoing: false, stage });
        }
        What::Asked => {}
        What::Progress { done, size } => {
            if let Some(transfer) = model.transfers.get_mut(id) {
                (transfer.stage, transfer.size) = (Stage::Moving(done), size);
            }
        }
        What::Done(path) => {
            let Some(Transfer { name, with, .. }) = model.transfers.remove(id) else { return };
            let text = match path {
                Some(path) => format!("{name} of {with} is here: {}", path.display()),
                None => format!("{with} has {name}"),
            };
            model.notice(Level::Info, SafeText::line(&text).as_str());
        }
        What::Failed { error, .. } => {
            let Some(Transfer { name, with, .. }) = model.transfers.remove(id) else { return };
            // What this user ended himself is no surprise.
            let level =
                if error == TransferError::Cancelled.to_string() { Level::Info } else { Level::Error };
            model.notice(level, SafeText::line(&format!("{name} ({with}): {error}")).as_str());
        }
    }
}

fn called(model: &Model, peer: PeerId) -> SafeText {
    model.people.get(peer).map_or_else(|| SafeText::line(&peer.to_string()), |p| p.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Nick;
    use crate::tui::update::{Msg, update};

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
}

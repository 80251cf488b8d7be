//! Whom the user trusts: comparing words, and warnings about names that were stolen.

use super::{Effect, social};
use crate::chat::{Millis, PeerId, Trust, Warning};
use crate::text::SafeText;
use crate::tui::command::Command;
use crate::tui::mode_keys::Act;
use crate::tui::model::{Call, Level, Mode, Model, Place, Reason, Verify};

/// Nobody has compared ten words so soon after they were shown.
const READING: Millis = 1_000;

/// Does one of these commands; gives any other back.
pub(super) fn command(model: &mut Model, command: Command) -> Result<Vec<Effect>, Command> {
    let (who, trust) = match command {
        Command::Verify { who, yes } => (who, yes.then_some(Trust::Verified)),
        Command::Unverify(who) => (who, Some(Trust::Known)),
        other => return Err(other),
    };
    let peer = match social::peer(model, &who) {
        Ok(peer) => peer,
        Err(error) => {
            model.notice(Level::Error, &error);
            return Ok(Vec::new());
        }
    };
    let told = match (peer.trust, trust) {
        (Trust::Verified, Some(Trust::Verified)) => format!("{} is verified already", peer.name),
        (was, Some(Trust::Known)) if was != Trust::Verified => format!("{} was not verified", peer.name),
        (_, Some(trust)) => return Ok(vec![Effect::Trust { peer: peer.id, trust }]),
        (_, None) => return Ok(vec![Effect::PairWords(peer.id)]),
    };
    model.notice(Level::Info, &told);
    Ok(Vec::new())
}

/// The words have come that the user compares with a peer.
pub(super) fn words(model: &mut Model, peer: PeerId, words: Option<String>) {
    let name = model.peer_name(peer);
    let Some(words) = words else {
        model.notice(
            Level::Error,
            &format!("the key of {name} is not known here; wait until it is heard again"),
        );
        return;
    };
    let known = model.people.get(peer);
    let verified = known.is_some_and(|p| p.trust == Trust::Verified);
    let doubts = known.map(|p| p.doubts.sentences()).unwrap_or_default();
    let mut rows = vec![format!("compare with {name}, face to face or by a voice that you know:")];
    let all: Vec<&str> = words.split(' ').collect();
    rows.extend(all.chunks(5).map(|five| format!("  {}", five.join(" "))));
    rows.push(format!("{name} sees the same ten words by /verify {}", model.name));
    rows.extend(doubts.iter().map(|told| format!("! {name}: {told}")));
    rows.extend(verified.then(|| format!("{name} is verified already; /unverify {name} takes it back")));
    let writing = model.mode.is_write();
    model.explain(&rows.join("\n"));
    if writing && !verified {
        model.mode = Mode::Verify(Verify { peer, name, since: model.now });
    } else if !verified {
        model.notice(Level::Info, &format!("if they are the same: /verify {name} yes"));
    }
}

/// The answer to the question whether they are the same.
pub(super) fn answer(model: &mut Model, act: Act) -> Vec<Effect> {
    let Mode::Verify(Verify { peer, name, since }) = &model.mode else { return Vec::new() };
    let (peer, name, early) = (*peer, name.clone(), model.now < since + READING);
    if act == Act::Choose && early {
        return Vec::new(); // it was meant for something else
    }
    model.mode = Mode::Write;
    if act == Act::Choose {
        return vec![Effect::Trust { peer, trust: Trust::Verified }];
    }
    model.notice(Level::Info, &format!("{name} is not verified"));
    Vec::new()
}

/// The user goes on writing: that is no answer.
pub(super) fn write(model: &mut Model, text: &str) {
    let Mode::Verify(Verify { name, .. }) = &model.mode else { return };
    let told = format!("{name} is not verified; if the words are the same: /verify {name} yes");
    model.mode = Mode::Write;
    model.notice(Level::Info, &told);
    model.composer.insert(text);
}

/// What the user has decided on a peer is so now, here or by another program.
pub(super) fn decided(model: &mut Model, peer: PeerId, verified: bool) {
    let name = model.peer_name(peer);
    let told = if verified {
        format!("✓ {name} is verified: whatever this key signs is marked with ✓")
    } else {
        format!("{name} is no longer verified")
    };
    model.notice(Level::Info, &told);
}

/// A nickname was taken by another key.
pub(super) fn warned(model: &mut Model, warning: &Warning) {
    let text = warning.text(true);
    let (mut places, private) = (vec![model.place()], Place::Peer(warning.other.id));
    for place in [Some(Place::LOBBY), model.has_place(private).then_some(private)].into_iter().flatten() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for place in places {
        model.within(place, |model| model.notice(Level::Error, text.as_str()));
    }
    if warning.other.trust == Trust::Verified {
        let (room, sent_at) = (SafeText::clean("lobby"), model.now);
        model.call(Call { reason: Reason::Private, room, from: warning.name.clone(), text, sent_at });
    }
}

//! What a message from the composer leads to: lines to be said and commands to be obeyed.

use super::{Effect, list, net, notify, page, private, set, social, transfer, trust, write};
use crate::chat::{BadNick, Kind, Nick, Peer, PeerId, PeerState, Trust};
use crate::neighbours::Neighbour;
use crate::session::Heard;
use crate::tui::command::{self, BadCommand, Command, Input};
use crate::tui::mode_keys;
use crate::tui::model::{Level, Model, Place};

pub(super) fn line(model: &mut Model, typed: &str) -> Vec<Effect> {
    let typed = typed.trim_end().trim_start_matches('\n');
    match command::parse(typed) {
        Ok(Input::Say(text)) => social::say(model, Kind::Say, text, typed),
        Ok(Input::Do(command)) => self::command(model, command, typed),
        Err(bad) => {
            model.notice(Level::Error, &bad.to_string());
            // To be corrected; a passphrase is not shown any longer than it was.
            model.composer.set(if bad == BadCommand::Seen { "/lock" } else { typed });
            Vec::new()
        }
    }
}

pub(super) fn command(model: &mut Model, command: Command, typed: &str) -> Vec<Effect> {
    let command = match trust::command(model, command) {
        Ok(effects) => return effects,
        Err(other) => other,
    };
    let command = match social::command(model, command, typed) {
        Ok(effects) => return effects,
        Err(other) => other,
    };
    match command {
        Command::Help(Some(topic)) if topic == "keys" => {
            let rest = mode_keys::help().into_iter().map(|(mode, keys)| format!("\n{mode}: {keys}"));
            let text = model.keymap.help() + "\n\nwhile something is read:" + &rest.collect::<String>();
            page::show(model, "keys", &text);
        }
        Command::Help(topic) => match command::help(topic.as_deref()) {
            Ok(text) if topic.is_none() => {
                page::show(model, "commands; /help keys lists the keys", &text);
            }
            Ok(text) => model.notice(Level::Info, &text),
            Err(bad) => model.notice(Level::Error, &bad.to_string()),
        },
        Command::Nick(name) => return nick(model, &name),
        Command::Me(text) => return social::say(model, Kind::Action, text, typed),
        Command::Msg { to, text } => match private::reader(model, &to) {
            Ok(to) => return vec![Effect::Direct { to, kind: Kind::Say, text, typed: typed.to_owned() }],
            Err(error) => model.notice(Level::Error, &error),
        },
        Command::Kept => return vec![Effect::Kept],
        Command::Withdraw(name) => return private::withdraw(model, name.as_deref()),
        Command::Who => return vec![Effect::Who],
        Command::Net => return vec![Effect::Neighbours],
        Command::Heard => match model.place() {
            Place::Peer(peer) => private::heard(model, peer),
            Place::Room(_) => return vec![Effect::Heard],
        },
        Command::Mentions => list::mentions(model),
        Command::Search(words) => return vec![Effect::Search(words)],
        Command::Links => list::addresses(model),
        Command::Network => return net::toggle(model),
        Command::Theme(name) => return vec![Effect::Theme(name)],
        Command::Send { to, path } => return transfer::send(model, &to, &path),
        Command::Accept(from) => return transfer::answer(model, from.as_deref(), true),
        Command::Decline(from) => return transfer::answer(model, from.as_deref(), false),
        Command::Cancel(with) => return transfer::cancel(model, with.as_deref()),
        Command::Notify(level) => notify::command(model, level.as_deref()),
        Command::Set(wanted) => return set::command(model, wanted),
        Command::Mouse(wish) => set::mouse(model, wish.as_deref()),
        Command::Bind(binding) => write::bind(model, binding),
        Command::Reload => return vec![Effect::Reload],
        Command::Clear => model.log.clear(),
        // These are done already.
        Command::Join(_)
        | Command::Lock
        | Command::Part(_)
        | Command::Topic(_)
        | Command::Away(_)
        | Command::Back
        | Command::Ignore(_)
        | Command::Unignore(_)
        | Command::Whois(_)
        | Command::Verify { .. }
        | Command::Unverify(_)
        | Command::Rooms
        | Command::Query(_)
        | Command::Reply(_)
        | Command::React(_) => {}
        Command::Quit => return vec![Effect::Quit],
    }
    Vec::new()
}

fn nick(model: &mut Model, name: &str) -> Vec<Effect> {
    match name.parse::<Nick>() {
        Ok(nick) if nick.as_safe() == &model.name => {
            model.notice(Level::Info, &format!("your nickname is {nick} already"));
            Vec::new()
        }
        Ok(nick) => {
            model.name = nick.as_safe().clone();
            model.names.add(nick.as_str());
            model.notice(Level::Info, &format!("your nickname is {nick} now"));
            vec![Effect::SetNick(nick)]
        }
        Err(bad) => {
            let cure = match bad {
                BadNick::Empty | BadNick::TooLong => "choose another length",
                BadNick::Character(_) | BadNick::First(_) => "leave that out",
                BadNick::MixedScript => "use one of them",
                BadNick::NoLetter | BadNick::Reserved(_) | BadNick::Id => "choose another",
            };
            model.notice(Level::Error, &format!("{bad}; {cure}: /nick NAME"));
            Vec::new()
        }
    }
}

/// Tells who has one's last line: the answer to `/heard`.
pub(super) fn show_heard(model: &mut Model, heard: Option<Heard>) {
    let Some((holders, others)) = heard else {
        model.notice(Level::Info, "you have not said anything yet");
        return;
    };
    let names = |ids: &[PeerId]| {
        let name = |id: &PeerId| model.people.get(*id).map_or_else(|| id.short(), |p| p.name.to_string());
        ids.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let all = holders.len() + others.len();
    let text = match (holders.len(), others.len()) {
        (0, 0) => "nobody else is here".to_owned(),
        (_, 0) => format!("your last line was heard by all {all}: {}", names(&holders)),
        (0, _) => format!("heard by 0 of {all} so far; beacons tell within a few seconds"),
        (n, _) => format!(
            "your last line was heard by {n} of {all}: {}; not yet told by {}",
            names(&holders),
            names(&others)
        ),
    };
    model.notice(Level::Info, &text);
}

/// Tells which computers announce themselves: the answer to `/net`.
pub(super) fn show_neighbours(model: &mut Model, neighbours: &[Neighbour]) {
    let port = model.network.as_ref().map_or(0, |n| n.port);
    let elsewhere = if matches!(port, 0 | 138) {
        String::new()
    } else {
        format!("\nWindows and Samba announce themselves on port 138, this chat is on {port}")
    };
    let first = match neighbours.len() {
        0 => format!(
            "no computer has announced itself yet; all are asked now and answer within 30 s: /net again{elsewhere}"
        ),
        1 => "1 computer has announced itself:".to_owned(),
        n => format!("{n} computers have announced themselves:"),
    };
    let line = |n: &Neighbour| {
        let age = format!("{} s ago", n.age.as_secs());
        let facts = [n.name.to_string(), n.kind.words(), n.comment.to_string(), n.address.to_string(), age];
        facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let lines: Vec<_> = std::iter::once(first).chain(neighbours.iter().map(line)).collect();
    model.explain(&lines.join("\n"));
}

/// Tells who is here: the answer to `/who`, and the first list after the start.
pub(super) fn show_who(model: &mut Model, peers: Vec<Peer>) {
    let mut lines = vec![match peers.len() {
        0 => "nobody else is here yet; lanchat has to run on another machine of this network".to_owned(),
        1 => "one other is here:".to_owned(),
        n => format!("{n} others are here:"),
    }];
    model.people.set_all(peers);
    lines.extend(model.people.list().iter().map(|p| {
        let mut facts = vec![p.name.to_string(), p.host.to_string(), p.address.to_string()];
        facts.extend((p.state == PeerState::Quiet).then(|| "quiet".to_owned()));
        facts.extend(p.away.as_ref().map(|text| format!("away {text}").trim_end().to_owned()));
        facts.extend((p.trust != Trust::Known).then(|| p.trust.as_str().to_owned()));
        facts.extend(p.doubts.sentences());
        facts.extend(p.rtt.map(|rtt| format!("{:.1} ms", rtt.as_secs_f64() * 1000.0)));
        facts.join(" · ")
    }));
    model.explain(&lines.join("\n"));
}

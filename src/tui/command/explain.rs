//! What is told of the commands: help, and what is spelled out and completed while one is typed.

use super::{Argument, BadCommand, Spec, TABLE, find, nearest, unknown};
use crate::tui::settings;
use crate::tui::text::width;

/// The help text of one command, or of all.
pub fn help(topic: Option<&str>) -> Result<String, BadCommand> {
    let line = |s: &Spec| {
        let also: Vec<_> = s.aliases.iter().map(|a| format!(", also /{a}")).collect();
        format!("{}{}", explain(s), also.concat())
    };
    let Some(topic) = topic.map(|t| t.trim_start_matches('/')) else {
        let all = TABLE.iter().map(line).collect::<Vec<_>>().join("\n");
        return Ok(format!("{all}\n//TEXT: says a text that starts with a slash"));
    };
    let none = || BadCommand::NoHelp { name: width::shorten(topic, 30), nearest: nearest(topic) };
    find(topic).map(line).ok_or_else(none)
}

/// Names of commands that start with `start`, with their slash.
pub fn names_starting(start: &str) -> Vec<String> {
    let start = start.to_lowercase();
    TABLE.iter().map(|s| s.name).filter(|n| n.starts_with(&start)).map(|n| format!("/{n}")).collect()
}

/// What the word being typed is, where `typed` is all that stands after the slash. After the first argument the usage
/// tells, where the last word of it goes on if it ends in `…`.
pub fn argument_at(typed: &str) -> Argument {
    let mut words = typed.split(char::is_whitespace);
    let spec = words.next().and_then(find);
    let before = words.clone().next().unwrap_or_default();
    let (Some(spec), Some(nth)) = (spec, words.count().checked_sub(1)) else { return Argument::Text };
    let mut usage = spec.usage.split(' ').map(|word| word.trim_matches(['[', ']']));
    match usage.nth(nth).or_else(|| spec.usage.split(' ').next_back().filter(|word| word.ends_with('…'))) {
        _ if nth == 0 => spec.first,
        Some("FILE" | "FILE…") => Argument::File,
        Some("ACTION") => Argument::Action,
        Some("VALUE") if before == "theme" => Argument::Theme,
        Some("VALUE") => {
            settings::find(before).map_or(Argument::Text, |setting| Argument::Word(setting.words))
        }
        _ => Argument::Text,
    }
}

/// What a text that begins with a slash will do, spelled out while it is typed; none for anything else.
pub fn hint(typed: &str) -> Option<String> {
    let rest = typed.strip_prefix('/')?;
    if rest.starts_with('/') {
        return Some("says the text with one slash".to_owned());
    }
    let (name, ended) = match rest.split_once(char::is_whitespace) {
        Some((name, _)) => (name, true),
        None => (rest, false),
    };
    let starting = names_starting(name);
    match find(name) {
        Some(spec) if ended || starting.len() <= 1 => Some(explain(spec)),
        Some(_) | None if !ended && starting.len() > 1 => Some(starting.join(" ")),
        _ => match starting.first().filter(|_| !ended).and_then(|name| find(name.trim_start_matches('/'))) {
            Some(spec) => Some(explain(spec)),
            None => Some(unknown(name).to_string()),
        },
    }
}

/// How a command is written, and what it does.
fn explain(spec: &Spec) -> String {
    let space = if spec.usage.is_empty() { "" } else { " " };
    format!("/{}{space}{}: {}", spec.name, spec.usage, spec.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_out_what_is_being_typed() {
        let all = TABLE.iter().map(|s| format!("/{}", s.name)).collect::<Vec<_>>().join(" ");
        for (typed, hint) in [
            ("hello", None),
            ("//x", Some("says the text with one slash")),
            ("/", Some(all.as_str())),
            ("/hea", Some("/heard: tells who has your last line")),
            ("/msg", Some("/msg NICK TEXT: says something to one person only")),
            ("/w bob hi", Some("/msg NICK TEXT: says something to one person only")),
            ("/qiut", Some("there is no command /qiut; do you mean /quit? //qiut says it")),
            ("/he ", Some("there is no command /he; do you mean /me? //he says it")),
        ] {
            assert_eq!(super::hint(typed).as_deref(), hint, "{typed}");
        }
    }

    #[test]
    fn every_command_is_explained_and_completed() {
        let all = help(None).unwrap();
        for spec in TABLE {
            assert!(all.contains(&help(Some(spec.name)).unwrap()));
            assert!(names_starting(spec.name).contains(&format!("/{}", spec.name)));
        }
        for (topic, told) in [
            ("undo", "there is no command /undo; /help lists all"),
            ("/hlep", "there is no command /hlep; do you mean /help help?"),
        ] {
            assert_eq!(help(Some(topic)).map_err(|bad| bad.to_string()), Err(told.to_owned()));
        }
        assert_eq!(argument_at("msg b"), Argument::Peer);
        assert_eq!(argument_at("msg bob b"), Argument::Text);
        assert_eq!(argument_at("help "), Argument::Command);
        assert_eq!(argument_at("bind Alt+X un"), Argument::Action);
        assert_eq!(argument_at("bind Alt+X undo x"), Argument::Text);
        assert_eq!(argument_at("set ty"), Argument::Setting);
        assert_eq!(argument_at("set typing "), Argument::Word(&["on", "off"]));
        assert_eq!(argument_at("set highlight "), Argument::Word(&[]));
    }
}

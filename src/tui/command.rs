//! The commands, in one table: parsing, completion and `/help` are all made from it.

use super::text::width;

/// What the user asks for instead of saying something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Explain a command, the keys, or all commands.
    Help(Option<String>),
    /// Take another nickname.
    Nick(String),
    /// Say what one does.
    Me(String),
    /// A private line.
    Msg {
        /// Its reader, as typed.
        to: String,
        /// The line.
        text: String,
    },
    /// Offer a file.
    Send {
        /// To whom, as typed.
        to: String,
        /// Which, as typed.
        path: String,
    },
    /// Take an offered file, of this peer if one is given.
    Accept(Option<String>),
    /// Do not take it.
    Decline(Option<String>),
    /// End the transfer of a file, with this peer if one is given.
    Cancel(Option<String>),
    /// Go to a room, joining it.
    Join(String),
    /// Leave a room, or close a private conversation: the one that is shown, if none is named.
    Part(Option<String>),
    /// Tell what the room is about, or change it.
    Topic(Option<String>),
    /// Tell others that the user is away, and perhaps why.
    Away(Option<String>),
    /// Tell others that the user is back.
    Back,
    /// Hide what somebody says, or list whose lines are hidden.
    Ignore(Option<String>),
    /// Show again what somebody says.
    Unignore(String),
    /// Tell all that is known of somebody.
    Whois(String),
    /// List the rooms.
    Rooms,
    /// Begin a private conversation.
    Query(String),
    /// React to the line that is answered, or the newest.
    React(String),
    /// List who is here.
    Who,
    /// List the computers that announce themselves.
    Net,
    /// Tell who has one's last line.
    Heard,
    /// List the lines that concern the user.
    Mentions,
    /// Look for words in all that was said.
    Search(String),
    /// List the links in the log.
    Links,
    /// Show who is where.
    Network,
    /// Take another look, or tell which there are.
    Theme(Option<String>),
    /// Tell for which lines the user is called, or change it.
    Notify(Option<String>),
    /// List the keys, or give a key something else to do: key and action, as typed.
    Bind(Option<(String, String)>),
    /// Read the file of settings again.
    Reload,
    /// Clear the log.
    Clear,
    /// Leave.
    Quit,
}

/// What a word of a command's arguments is, for completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// The name of somebody here.
    Peer,
    /// The name of a command.
    Command,
    /// The name of a room.
    Room,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// The name of what a key can do.
    Action,
    /// The name of a file.
    File,
    /// Anything.
    Text,
}

/// One command.
#[derive(Debug)]
pub struct Spec {
    /// Its name, without the slash.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// What follows it, as shown in the help.
    pub usage: &'static str,
    /// What its first argument is.
    pub first: Argument,
    /// What it does, in one line.
    pub help: &'static str,
    /// Makes it of what follows the name (trimmed); none when that is not what it needs.
    parse: fn(&str) -> Option<Command>,
}

/// Every command.
pub const TABLE: &[Spec] = &[
    Spec {
        name: "help",
        aliases: &[],
        usage: "[COMMAND | keys]",
        first: Argument::Command,
        help: "explains a command, the keys, or all commands",
        parse: |rest| Some(Command::Help(some(rest))),
    },
    Spec {
        name: "nick",
        aliases: &[],
        usage: "NAME",
        first: Argument::Text,
        help: "takes another nickname",
        parse: |rest| some(rest).map(Command::Nick),
    },
    Spec {
        name: "me",
        aliases: &[],
        usage: "TEXT",
        first: Argument::Text,
        help: "says what you do: /me waves",
        parse: |rest| some(rest).map(Command::Me),
    },
    Spec {
        name: "msg",
        aliases: &["w"],
        usage: "NICK TEXT",
        first: Argument::Peer,
        help: "says something to one person only",
        parse: |rest| {
            let (to, text) = rest.split_once(char::is_whitespace)?;
            Some(Command::Msg { to: to.to_owned(), text: some(text)? })
        },
    },
    Spec {
        name: "send",
        aliases: &[],
        usage: "NICK FILE",
        first: Argument::Peer,
        help: "offers a file to one person",
        parse: |rest| {
            let (to, path) = rest.split_once(char::is_whitespace)?;
            Some(Command::Send { to: to.to_owned(), path: some(path)? })
        },
    },
    Spec {
        name: "accept",
        aliases: &[],
        usage: "[NICK]",
        first: Argument::Peer,
        help: "takes the file that is offered",
        parse: |rest| Some(Command::Accept(some(rest))),
    },
    Spec {
        name: "decline",
        aliases: &[],
        usage: "[NICK]",
        first: Argument::Peer,
        help: "does not take it",
        parse: |rest| Some(Command::Decline(some(rest))),
    },
    Spec {
        name: "cancel",
        aliases: &[],
        usage: "[NICK]",
        first: Argument::Peer,
        help: "ends the transfer of a file",
        parse: |rest| Some(Command::Cancel(some(rest))),
    },
    Spec {
        name: "join",
        aliases: &["j"],
        usage: "ROOM",
        first: Argument::Room,
        help: "goes to a room, and makes it if nobody is in it",
        parse: |rest| some(rest).map(Command::Join),
    },
    Spec {
        name: "part",
        aliases: &["close"],
        usage: "[ROOM]",
        first: Argument::Room,
        help: "leaves the room, or closes the private conversation",
        parse: |rest| Some(Command::Part(some(rest))),
    },
    Spec {
        name: "topic",
        aliases: &[],
        usage: "[TEXT]",
        first: Argument::Text,
        help: "tells or changes what the room is about",
        parse: |rest| Some(Command::Topic(some(rest))),
    },
    Spec {
        name: "rooms",
        aliases: &["list"],
        usage: "",
        first: Argument::Text,
        help: "lists the rooms and who is in them",
        parse: |_| Some(Command::Rooms),
    },
    Spec {
        name: "query",
        aliases: &[],
        usage: "NICK",
        first: Argument::Peer,
        help: "begins a private conversation",
        parse: |rest| some(rest).map(Command::Query),
    },
    Spec {
        name: "away",
        aliases: &[],
        usage: "[TEXT]",
        first: Argument::Text,
        help: "tells others that you are away",
        parse: |rest| Some(Command::Away(some(rest))),
    },
    Spec {
        name: "back",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "tells others that you are back",
        parse: |_| Some(Command::Back),
    },
    Spec {
        name: "ignore",
        aliases: &[],
        usage: "[NICK]",
        first: Argument::Peer,
        help: "hides what somebody says, by key, or lists whose lines are hidden",
        parse: |rest| Some(Command::Ignore(some(rest))),
    },
    Spec {
        name: "unignore",
        aliases: &[],
        usage: "NICK",
        first: Argument::Peer,
        help: "shows again what somebody says",
        parse: |rest| some(rest).map(Command::Unignore),
    },
    Spec {
        name: "react",
        aliases: &[],
        usage: "EMOJI",
        first: Argument::Text,
        help: "reacts to the line you answer, or the last one; again takes it back",
        parse: |rest| some(rest).map(Command::React),
    },
    Spec {
        name: "who",
        aliases: &["names"],
        usage: "",
        first: Argument::Text,
        help: "lists who is here, and where",
        parse: |_| Some(Command::Who),
    },
    Spec {
        name: "net",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "lists the computers that announce themselves, such as Windows and Samba",
        parse: |_| Some(Command::Net),
    },
    Spec {
        name: "whois",
        aliases: &[],
        usage: "NICK",
        first: Argument::Peer,
        help: "tells who somebody is",
        parse: |rest| some(rest).map(Command::Whois),
    },
    Spec {
        name: "heard",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "tells who has your last line",
        parse: |_| Some(Command::Heard),
    },
    Spec {
        name: "search",
        aliases: &[],
        usage: "WORDS",
        first: Argument::Text,
        help: "finds what was said, also long ago; Enter goes there",
        parse: |rest| some(rest).map(Command::Search),
    },
    Spec {
        name: "mentions",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "lists the lines that mention you",
        parse: |_| Some(Command::Mentions),
    },
    Spec {
        name: "links",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "lists the links in the log",
        parse: |_| Some(Command::Links),
    },
    Spec {
        name: "network",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "shows who is where, with round trips and traffic",
        parse: |_| Some(Command::Network),
    },
    Spec {
        name: "theme",
        aliases: &[],
        usage: "[NAME]",
        first: Argument::Text,
        help: "takes another look, or lists them",
        parse: |rest| Some(Command::Theme(some(rest))),
    },
    Spec {
        name: "notify",
        aliases: &[],
        usage: "[LEVEL]",
        first: Argument::Word(&["none", "mention", "all"]),
        help: "calls you while you look elsewhere: for none, for a mention, for all lines",
        parse: |rest| Some(Command::Notify(some(rest))),
    },
    Spec {
        name: "bind",
        aliases: &[],
        usage: "[KEY ACTION]",
        first: Argument::Text,
        help: "lists what keys do, or gives a key something else to do, also none: /bind Alt+X undo",
        parse: |rest| match rest.split_once(char::is_whitespace) {
            Some((key, action)) => Some(Command::Bind(Some((key.to_owned(), some(action)?)))),
            None => rest.is_empty().then_some(Command::Bind(None)),
        },
    },
    Spec {
        name: "reload",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "reads the file of settings again",
        parse: |_| Some(Command::Reload),
    },
    Spec {
        name: "clear",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "clears the log on this screen",
        parse: |_| Some(Command::Clear),
    },
    Spec {
        name: "quit",
        aliases: &["exit", "q"],
        usage: "",
        first: Argument::Text,
        help: "says goodbye and leaves",
        parse: |_| Some(Command::Quit),
    },
];

/// What the text of the composer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// To be said.
    Say(String),
    /// To be done.
    Do(Command),
}

/// Why a text that starts with a slash is no command. The messages say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    /// No such command.
    #[error("there is no command /{name}; {} //{name} says it", guess(*.nearest))]
    Unknown {
        /// What was typed.
        name: String,
        /// The command that may be meant.
        nearest: Option<&'static str>,
    },
    /// The arguments are not what it needs.
    #[error("that is not enough for /{0}; write: /{0} {1}")]
    Usage(&'static str, &'static str),
}

fn guess(nearest: Option<&str>) -> String {
    nearest.map_or("/help lists all,".to_owned(), |name| format!("do you mean /{name}?"))
}

/// Reads a message: a command if it starts with one slash; two say one.
pub fn parse(text: &str) -> Result<Input, BadCommand> {
    let Some(command) = text.strip_prefix('/') else { return Ok(Input::Say(text.to_owned())) };
    if command.starts_with('/') {
        return Ok(Input::Say(command.to_owned()));
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let Some(spec) = find(name) else {
        return Err(unknown(name));
    };
    (spec.parse)(rest.trim()).map(Input::Do).ok_or(BadCommand::Usage(spec.name, spec.usage))
}

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
    find(topic).map(line).ok_or_else(|| unknown(topic))
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
    let (Some(spec), Some(nth)) = (spec, words.count().checked_sub(1)) else { return Argument::Text };
    let mut usage = spec.usage.split(' ').map(|word| word.trim_matches(['[', ']']));
    match usage.nth(nth).or_else(|| spec.usage.split(' ').next_back().filter(|word| word.ends_with('…'))) {
        _ if nth == 0 => spec.first,
        Some("FILE" | "FILE…") => Argument::File,
        Some("ACTION") => Argument::Action,
        _ => Argument::Text,
    }
}

/// Commands whose arguments may hold a passphrase.
const SECRET: &[&str] = &["join"];

/// Whether a message may be kept on disk after it was sent or while it is written: no passphrase is, also none of a
/// command whose name was mistyped.
pub fn may_be_kept(typed: &str) -> bool {
    match typed.trim_start().strip_prefix('/') {
        Some(rest) if !rest.starts_with('/') => {
            let name = rest.split(char::is_whitespace).next().unwrap_or_default();
            find(name).is_some_and(|spec| !SECRET.contains(&spec.name))
        }
        _ => true,
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

fn find(name: &str) -> Option<&'static Spec> {
    let name = name.to_lowercase();
    TABLE.iter().find(|s| s.name == name || s.aliases.contains(&name.as_str()))
}

fn unknown(name: &str) -> BadCommand {
    BadCommand::Unknown { name: width::shorten(name, 30), nearest: nearest(name) }
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The command that a mistyped one most likely is: at most two changes away, one for short names.
fn nearest(typed: &str) -> Option<&'static str> {
    let typed: Vec<char> = typed.to_lowercase().chars().take(20).collect();
    let names = TABLE.iter().flat_map(|s| s.aliases.iter().chain([&s.name]).map(|n| (*n, s.name)));
    let far = names.map(|(known, name)| (distance(&typed, &known.chars().collect::<Vec<_>>()), known, name));
    far.filter(|(d, known, _)| *d <= 2 && 2 * *d <= known.len())
        .min_by_key(|(d, ..)| *d)
        .map(|(.., name)| name)
}

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut above: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut left_of_above = None;
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let change = at(&last, j) + usize::from(ca != cb);
            let mut best = change.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if j > 0 && Some(cb) == left_of_above && b.get(j - 1) == Some(ca) {
                best = best.min(at(&above, j - 1) + 1);
            }
            row.push(best);
        }
        above = std::mem::replace(&mut last, row);
        left_of_above = Some(ca);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands_and_speech() {
        for (text, input) in [
            ("hello", Input::Say("hello".into())),
            ("//etc/passwd", Input::Say("/etc/passwd".into())),
            ("/me  waves ", Input::Do(Command::Me("waves".into()))),
            ("/W bob see\nyou", Input::Do(Command::Msg { to: "bob".into(), text: "see\nyou".into() })),
            ("/help", Input::Do(Command::Help(None))),
            ("/q", Input::Do(Command::Quit)),
        ] {
            assert_eq!(parse(text).unwrap(), input, "{text}");
        }
    }

    #[test]
    fn tells_what_is_wrong_and_what_to_write() {
        for (text, message) in [
            ("/hlep", "there is no command /hlep; do you mean /help? //hlep says it"),
            ("/usr/bin/env", "there is no command /usr/bin/env; /help lists all, //usr/bin/env says it"),
            ("/", "there is no command /; /help lists all, // says it"),
            ("/msg bob", "that is not enough for /msg; write: /msg NICK TEXT"),
            ("/nick ", "that is not enough for /nick; write: /nick NAME"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }

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
    fn passphrases_are_not_kept() {
        let kept = ["hello", "//join", "/me waves", "/w bob hi", ""];
        assert!(kept.iter().all(|typed| may_be_kept(typed)));
        assert!(["/join room secret", "/jion room secret", "/", "\n/join x"].iter().all(|t| !may_be_kept(t)));
    }

    #[test]
    fn measures_how_far_words_are_apart() {
        let d = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!((d("who", "who"), d("hwo", "who"), d("wh", "who"), d("", "who")), (0, 1, 1, 3));
        assert_eq!(
            (nearest("qiut"), nearest("nmaes"), nearest("foo"), nearest("hwo")),
            (Some("quit"), Some("who"), None, Some("who"))
        );
    }

    #[test]
    fn every_command_is_explained_and_completed() {
        let all = help(None).unwrap();
        for spec in TABLE {
            assert!(all.contains(&help(Some(spec.name)).unwrap()));
            assert!(names_starting(spec.name).contains(&format!("/{}", spec.name)));
        }
        assert_eq!(argument_at("msg b"), Argument::Peer);
        assert_eq!(argument_at("msg bob b"), Argument::Text);
        assert_eq!(argument_at("help "), Argument::Command);
        assert_eq!(argument_at("bind Alt+X un"), Argument::Action);
        assert_eq!(argument_at("bind Alt+X undo x"), Argument::Text);
    }
}

//! Every command: its names, what follows it, what it does, and how it is made of what was typed.

use super::Command;

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
    /// The name of a setting.
    Setting,
    /// The name of a file.
    File,
    /// The name of a theme.
    Theme,
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
    pub(super) parse: fn(&str) -> Option<Command>,
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
        usage: "ROOM [--lock | --open]",
        first: Argument::Room,
        help: "goes to a room, and makes it if nobody is in it; --lock asks for its passphrase",
        parse: |rest| some(rest).map(Command::Join),
    },
    Spec {
        name: "lock",
        aliases: &[],
        usage: "",
        first: Argument::Text,
        help: "gives the locked room another passphrase",
        parse: |rest| rest.is_empty().then_some(Command::Lock),
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
        name: "kept",
        aliases: &["waiting"],
        usage: "",
        first: Argument::Text,
        help: "lists the private lines that wait for people who are not here",
        parse: |_| Some(Command::Kept),
    },
    Spec {
        name: "withdraw",
        aliases: &[],
        usage: "[NICK]",
        first: Argument::Peer,
        help: "drops the private lines that wait for somebody",
        parse: |rest| Some(Command::Withdraw(some(rest))),
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
        name: "reply",
        aliases: &["r"],
        usage: "TEXT",
        first: Argument::Text,
        help: "answers the newest line here, or the one you chose; all here can read it",
        parse: |rest| some(rest).map(Command::Reply),
    },
    Spec {
        name: "react",
        aliases: &[],
        usage: "EMOJI",
        first: Argument::Text,
        help: "reacts to the line you answer, or the newest of others; again takes it back",
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
        name: "verify",
        aliases: &[],
        usage: "NICK [yes]",
        first: Argument::Peer,
        help: "shows ten words to compare with somebody by voice, and marks the key as verified",
        parse: |rest| match rest.split_once(char::is_whitespace) {
            Some((who, yes)) => yes
                .trim()
                .eq_ignore_ascii_case("yes")
                .then(|| Command::Verify { who: who.to_owned(), yes: true }),
            None => some(rest).map(|who| Command::Verify { who, yes: false }),
        },
    },
    Spec {
        name: "unverify",
        aliases: &[],
        usage: "NICK",
        first: Argument::Peer,
        help: "takes back that somebody's key is verified",
        parse: |rest| some(rest).map(Command::Unverify),
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
        first: Argument::Theme,
        help: "takes another look, or lists them",
        parse: |rest| Some(Command::Theme(some(rest))),
    },
    Spec {
        name: "notify",
        aliases: &[],
        usage: "[LEVEL]",
        first: Argument::Word(&["none", "mention", "all", "default"]),
        help: "which lines of this room call you while you look elsewhere: none, mention, all, or the default",
        parse: |rest| Some(Command::Notify(some(rest))),
    },
    Spec {
        name: "mouse",
        aliases: &[],
        usage: "[on | off]",
        first: Argument::Word(&["on", "off"]),
        help: "lets the wheel move the log; Shift+drag still selects text",
        parse: |rest| Some(Command::Mouse(some(rest))),
    },
    Spec {
        name: "set",
        aliases: &[],
        usage: "[NAME [VALUE]]",
        first: Argument::Setting,
        help: "lists the settings, tells one, or changes it until you leave: /set typing on",
        parse: |rest| match rest.split_once(char::is_whitespace) {
            Some((name, value)) => Some(Command::Set(Some((name.to_owned(), some(value))))),
            None => Some(Command::Set(some(rest).map(|name| (name, None)))),
        },
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

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

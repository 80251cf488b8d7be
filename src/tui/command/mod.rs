//! The commands, in one table: parsing, completion and `/help` are all made from it.

mod explain;
mod nearest;
mod table;

use super::text::width;
pub use explain::{argument_at, help, hint, names_starting};
use nearest::nearest;
pub use table::{Argument, Spec, TABLE};

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
    /// Give the locked room that is shown another passphrase.
    Lock,
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
    /// Compare words with somebody.
    Verify {
        /// Whom, as typed.
        who: String,
        /// They were compared.
        yes: bool,
    },
    /// Take back that somebody is verified.
    Unverify(String),
    /// List the rooms.
    Rooms,
    /// Begin a private conversation.
    Query(String),
    /// `/kept`: which private lines wait.
    Kept,
    /// `/withdraw`: drop those for somebody, or for whom the conversation is with.
    Withdraw(Option<String>),
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
    /// Tell for which lines of this place the user is called, or change it.
    Notify(Option<String>),
    /// Answer the newest line.
    Reply(String),
    /// List the settings, tell one, or change one for this run: name and value, as typed.
    Set(Option<(String, Option<String>)>),
    /// Take the mouse or leave it to the terminal; without a wish, the other of both.
    Mouse(Option<String>),
    /// List the keys, or give a key something else to do: key and action, as typed.
    Bind(Option<(String, String)>),
    /// Read the file of settings again.
    Reload,
    /// Clear the log.
    Clear,
    /// Leave.
    Quit,
}

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
    /// Help is wanted with what is none.
    #[error("there is no command /{name}; {}", nearest.map_or("/help lists all".to_owned(), |n| format!("do you mean /help {n}?")))]
    NoHelp {
        /// What was typed.
        name: String,
        /// The command that may be meant.
        nearest: Option<&'static str>,
    },
    /// A space stands before what would be a command.
    #[error("a space stands before /{0}; take it away to do it, or write //{0} to say it")]
    Indented(String),
    /// The arguments are not what it needs.
    #[error("that is not enough for /{0}; write: /{0} {1}")]
    Usage(&'static str, &'static str),
    /// A passphrase stands where it can be seen.
    #[error("no passphrase here, where it can be seen: /lock alone asks for it; take another one than this")]
    Seen,
}

fn guess(nearest: Option<&str>) -> String {
    nearest.map_or("/help lists all,".to_owned(), |name| format!("do you mean /{name}?"))
}

/// Reads a message: a command if it starts with one slash; two say one.
pub fn parse(text: &str) -> Result<Input, BadCommand> {
    let Some(command) = text.strip_prefix('/') else {
        return indented(text).map_or_else(|| Ok(Input::Say(text.to_owned())), Err);
    };
    if command.starts_with('/') {
        return Ok(Input::Say(command.to_owned()));
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let Some(spec) = find(name) else {
        return Err(unknown(name));
    };
    if spec.name == LOCK && !rest.trim().is_empty() {
        return Err(BadCommand::Seen);
    }
    (spec.parse)(rest.trim()).map(Input::Do).ok_or(BadCommand::Usage(spec.name, spec.usage))
}

/// What only a space keeps from being a command is not said to everybody.
fn indented(text: &str) -> Option<BadCommand> {
    let name = text.trim_start().strip_prefix('/')?.split(char::is_whitespace).next()?;
    find(name).map(|_| BadCommand::Indented(name.to_owned()))
}

/// The command that gives a room another passphrase.
const LOCK: &str = "lock";
/// Commands whose arguments may hold a passphrase.
const SECRET: &[&str] = &["join", LOCK];

/// Whether a word of any command tells that a passphrase stands beside it.
fn beside_a_passphrase(word: &str) -> bool {
    let word = word.to_lowercase();
    word.starts_with("--lock") || word.contains("passphrase")
}

/// Whether a message may be kept on disk after it was sent or while it is written: no passphrase is, also none of a
/// command whose name was mistyped.
pub fn may_be_kept(typed: &str) -> bool {
    match typed.trim_start().strip_prefix('/') {
        Some(rest) if !rest.starts_with('/') => {
            let name = rest.split(char::is_whitespace).next().unwrap_or_default();
            find(name).is_some_and(|spec| !SECRET.contains(&spec.name))
                && !rest.split_whitespace().any(beside_a_passphrase)
        }
        _ => true,
    }
}

fn find(name: &str) -> Option<&'static Spec> {
    let name = name.to_lowercase();
    TABLE.iter().find(|s| s.name == name || s.aliases.contains(&name.as_str()))
}

fn unknown(name: &str) -> BadCommand {
    BadCommand::Unknown { name: width::shorten(name, 30), nearest: nearest(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands_and_speech() {
        for (text, input) in [
            ("hello", Input::Say("hello".into())),
            (" /usr/bin", Input::Say(" /usr/bin".into())),
            ("  //msg", Input::Say("  //msg".into())),
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
            (
                "/lock x y",
                "no passphrase here, where it can be seen: /lock alone asks for it; take another one than this",
            ),
            ("/nick ", "that is not enough for /nick; write: /nick NAME"),
            (" /msg bob x", "a space stands before /msg; take it away to do it, or write //msg to say it"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn passphrases_are_not_kept() {
        let kept = ["hello", "//join", "/me waves", "/w bob hi", ""];
        assert!(kept.iter().all(|typed| may_be_kept(typed)));
        for typed in [
            "/join room secret",
            "/jion room secret",
            "/",
            "\n/join x",
            "/lock four words here",
            "/LOCK\nfour",
            "/set passphrase secret",
            "/query dev --lock secret",
            "/part dev\n--lock=secret",
        ] {
            assert!(!may_be_kept(typed), "{typed}");
        }
    }
}

//! Nicknames: what may be one, and which are the same.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use unicode_security::MixedScript;
use unicode_segmentation::UnicodeSegmentation;

use super::id::PeerId;
use super::spelling::spelling;
use crate::text::SafeText;

/// A nickname: 1 to 20 columns wide, at most 60 bytes of NFC text, of one script. It begins with a letter, a digit or `_`, and
/// holds letters, digits, `_ - . ' + &` and emoji that nobody takes for a mark: nothing that has a meaning in lines, commands
/// and addresses, or that the log puts before names. It does not look like an id.
///
/// What others go by may break one of these rules, see [`Nick::heard`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nick {
    text: SafeText,
    skeleton: Arc<str>,
    /// The same, but that the look counts before the case: `I` is an `l` here, and an `i` in the skeleton.
    look: Arc<str>,
    mixed: bool,
}

/// Why a text cannot be a nickname.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNick {
    /// Nothing is left of it.
    #[error("a nickname needs at least one character")]
    Empty,
    /// Strokes only.
    #[error("a nickname needs a letter or a digit")]
    NoLetter,
    /// Over 20 columns or 60 bytes.
    #[error("a nickname is at most 20 columns wide")]
    TooLong,
    /// Holds a character that may not stand in a nickname.
    #[error("a nickname cannot hold {0:?}")]
    Character(char),
    /// Begins with a character that may stand inside of it only.
    #[error("a nickname cannot begin with {0:?}")]
    First(char),
    /// Looks like an id.
    #[error("a nickname cannot be {} hex digits, as an id is", 2 * PeerId::LEN)]
    Id,
    /// What the screen calls oneself.
    #[error("nobody can be called {0:?}")]
    Reserved(String),
    /// Letters of several scripts, which can pass for somebody else's name.
    #[error("a nickname cannot mix alphabets")]
    MixedScript,
}

impl Nick {
    /// Widest nickname, in terminal columns.
    pub const MAX_COLUMNS: usize = 20;
    /// Longest nickname, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 60;

    /// The nickname as text.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The nickname as text that is safe to show.
    pub fn as_safe(&self) -> &SafeText {
        &self.text
    }

    /// What is equal for two nicknames that readers would take for the same: case and look-alike characters folded
    /// (UTS #39 skeleton).
    pub fn skeleton(&self) -> Arc<str> {
        Arc::clone(&self.skeleton)
    }

    /// Under these two a nickname is found by any other that readers could take for it.
    pub(crate) fn looks(&self) -> [Arc<str>; 2] {
        [Arc::clone(&self.skeleton), Arc::clone(&self.look)]
    }

    /// Whether readers could take one for the other.
    pub fn resembles(&self, other: &Self) -> bool {
        self.looks().iter().any(|look| other.looks().contains(look))
    }

    /// Whether both are written with the same letters; case does not matter.
    pub fn same_letters(&self, other: &Self) -> bool {
        self.as_str().to_lowercase() == other.as_str().to_lowercase()
    }

    /// Whether the claim to one is a claim to the other. To resemble it is not enough: `Ian` resembles both `ian` and `lan`,
    /// and who has one of these for long must not come to the other by way of it.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        // Mostly it is the same text; and thousands may go by it. The same letters have the same skeleton.
        self.text == other.text
            || self.skeleton == other.skeleton && (self.look == other.look || self.same_letters(other))
    }

    /// Whether it mixes alphabets, which nobody may do who takes a nickname here.
    pub fn is_mixed(&self) -> bool {
        self.mixed
    }

    fn new(text: SafeText) -> Self {
        let skeleton = |text: &str| unicode_security::skeleton(text).collect::<String>().to_lowercase();
        let folded = skeleton(&text.as_str().to_lowercase());
        let look = skeleton(&skeleton(text.as_str()));
        let mixed = !text.as_str().is_single_script();
        Self { text, skeleton: folded.into(), look: look.into(), mixed }
    }

    /// The nearest valid nickname to `text`, for login names that come from the system.
    pub fn from_login(text: &str) -> Self {
        let mut kept = String::new();
        for g in text.graphemes(true) {
            let longer = format!("{kept}{g}");
            if !matches!(
                longer.parse::<Self>(),
                Err(BadNick::Character(_) | BadNick::First(_) | BadNick::TooLong | BadNick::MixedScript)
            ) {
                kept = longer;
            }
        }
        kept.parse().unwrap_or_else(|_| Self::guest())
    }

    /// What somebody else goes by, without what may not stand in a nickname. It may mix alphabets: shown as it is, it can be
    /// shown for what it is.
    pub fn heard(text: &str) -> Self {
        let spelled = || {
            let mut kept = String::new();
            for c in text.chars().take(4 * Self::MAX_BYTES) {
                kept.push(c);
                if matches!(
                    spelling(&kept),
                    Err(BadNick::Character(_) | BadNick::First(_) | BadNick::TooLong)
                ) {
                    kept.pop();
                }
            }
            spelling(&kept).map(Self::new)
        };
        text.parse()
            .or_else(|_| spelled())
            .ok()
            .filter(|nick| !nick.is_reserved() && !nick.is_like_id())
            .unwrap_or_else(Self::guest)
    }

    fn guest() -> Self {
        Self::new(SafeText::clean("guest"))
    }

    fn is_reserved(&self) -> bool {
        self.looks().iter().any(|look| &**look == "you")
    }

    /// Whether readers could take it for an id: in its looks a 0 is an `o`, and a 1 an `l`.
    fn is_like_id(&self) -> bool {
        let hex = |c: char| matches!(c, '2'..='9' | 'a'..='f' | 'o' | 'l');
        self.looks().iter().any(|look| look.len() == 2 * PeerId::LEN && look.chars().all(hex))
    }
}

impl FromStr for Nick {
    type Err = BadNick;

    fn from_str(text: &str) -> Result<Self, BadNick> {
        let nick = Self::new(spelling(text)?);
        if nick.mixed {
            return Err(BadNick::MixedScript);
        }
        if nick.is_reserved() {
            return Err(BadNick::Reserved(nick.to_string()));
        }
        if nick.is_like_id() {
            return Err(BadNick::Id);
        }
        Ok(nick)
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_have_are_nicknames() {
        for good in [
            "alice",
            "Bob2",
            "Zoë",
            "日本語",
            "иван",
            "x",
            "max-power",
            "a_b",
            "you2",
            "O'Neil",
            "_x_",
            "7",
            "ann.b",
            "r+d",
            "יוסף",
            "محمد",
            "はるか",
            "ノリコ",
            "一郎",
            "दुःख",
            "ᐸᐅᓗ",
            "김철수",
            "l·l",
            "bob\u{1f389}",
            "ann\u{1f44d}\u{1f3fd}x",
            "99d176af2988639",
            "99d176af298863955",
            "99d176af2988639g",
        ] {
            assert_eq!(good.parse::<Nick>().map(|n| n.to_string()).as_deref(), Ok(good));
        }
    }

    #[test]
    fn names_that_deceive_are_not() {
        for bad in [
            "",
            " ",
            "a b",
            "<x>",
            "bob~3f9a",
            "a\u{202e}b",
            "a\u{200d}b",
            "p\u{430}ypal",
            "you",
            "YOU",
            "\u{301}a",
            "a\nb",
        ] {
            assert!(bad.parse::<Nick>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(21).parse::<Nick>().is_err());
    }

    #[test]
    fn what_the_log_puts_before_names_is_in_none() {
        for (bad, cleaned) in [
            ("✓bob", "bob"),
            ("✔bob", "bob"),
            ("!bob", "bob"),
            ("?bob", "bob"),
            ("\u{1c3}bob", "bob"),
            ("！bob", "bob"),
            ("\u{a71d}bob", "bob"),
            ("bob(verified)", "bobverified"),
            ("(unsigned)", "unsigned"),
            ("WARNING!", "WARNING"),
            ("-bob", "bob"),
            ("- \u{1f389}-bob-", "bob-"),
            ("\u{1f389}bob", "bob"),
            ("bob\u{1f512}", "bob"),
            ("bob\u{2705}", "bob"),
            ("bob\u{20dd}", "bob"),
            ("bob…", "bob"),
            ("\u{2474}bob", "bob"),
            ("-", "guest"),
            ("*", "guest"),
            ("↪", "guest"),
            ("…", "guest"),
            ("_", "guest"),
            ("一", "guest"),
            ("ー", "guest"),
            ("\u{1f389}", "guest"),
        ] {
            assert!(bad.parse::<Nick>().is_err(), "{bad}");
            assert_eq!(Nick::heard(bad).as_str(), cleaned, "{bad}");
        }
        assert_eq!("-bob".parse::<Nick>(), Err(BadNick::First('-')));
        assert_eq!("b-o-b✓".parse::<Nick>(), Err(BadNick::Character('✓')));
        assert_eq!("__".parse::<Nick>(), Err(BadNick::NoLetter));
    }

    #[test]
    fn an_id_is_nobody_s_nickname() {
        for id in [
            "99d176af29886395",
            "99D176AF29886395",
            "99dl76af298863os",
            "99dI76af2988639O",
            "99d176af2988639\u{ff15}",
        ] {
            let like = !id.ends_with('s');
            assert_eq!(id.parse::<Nick>() == Err(BadNick::Id), like, "{id}");
            assert_eq!(Nick::heard(id).as_str() == "guest", like, "{id}");
        }
        assert_eq!(Nick::heard("✓99d176af29886395").as_str(), "guest");
    }

    #[test]
    fn a_claim_goes_no_further_than_the_same_name() {
        let same = |a: &str, b: &str| a.parse::<Nick>().unwrap().is_same_as(&b.parse().unwrap());
        assert!(same("bob", "BOB") && same("ian", "Ian") && same("b0b", "bob"));
        assert!(!same("lan", "Ian") && !same("bob", "rob"));
    }

    #[test]
    fn look_alikes_are_the_same() {
        let same =
            |a: &str, b: &str| a.parse::<Nick>().unwrap().skeleton() == b.parse::<Nick>().unwrap().skeleton();
        assert!(same("bob", "BOB") && same("a1ice", "alice") && !same("alice", "alicia"));
    }

    #[test]
    fn what_cannot_be_seen_is_in_no_name() {
        for c in "\u{3164}\u{2800}\u{115f}\u{ffa0}\u{ad}\u{200b}\u{200d}\u{2060}\u{202e}\u{2066}\u{fe0f}\u{34f}\u{180e}\u{e0067}\u{e007f}\u{1d159}\u{16fe4}\u{fffc}\u{3000}\u{a0}\u{feff}".chars() {
            for name in [format!("{c}"), format!("al{c}ice"), format!("alice{c}"), format!("{c}alice")] {
                assert!(name.parse::<Nick>().is_err(), "{name:?}");
                assert!(["alice", "guest"].contains(&Nick::heard(&name).as_str()), "{:?}", Nick::heard(&name));
            }
        }
        // The flag of England is a black flag and letters that are not seen.
        assert!("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}".parse::<Nick>().is_err());
    }

    #[test]
    fn marks_as_languages_need_them_and_no_more() {
        for good in ["हिन्दी", "ไทยแลนด์", "Việt", "עִבְרִית"] {
            assert_eq!(good.parse::<Nick>().map(|n| n.to_string()).as_deref(), Ok(good));
        }
        for bad in ["a\u{301}\u{302}\u{303}\u{304}\u{305}", "x\u{300}\u{300}"] {
            assert!(bad.parse::<Nick>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_others_go_by_is_shown_as_it_is_and_known_for_what_it_is() {
        let alice: Nick = "alice".parse().unwrap();
        let (mixed, cyrillic) = (Nick::heard("\u{430}lice"), Nick::heard("\u{441}\u{43e}\u{441}\u{43e}"));
        assert_eq!((mixed.as_str(), mixed.is_mixed(), mixed.resembles(&alice)), ("\u{430}lice", true, true));
        assert!(!cyrillic.is_mixed() && cyrillic.resembles(&"coco".parse().unwrap()));
        assert!(!mixed.same_letters(&alice) && Nick::heard("ALICE").same_letters(&alice));
        assert_eq!([Nick::heard("you"), Nick::heard("")].map(|n| n.to_string()), ["guest", "guest"]);
        assert_eq!(Nick::heard(&"ж".repeat(100)).as_str(), "ж".repeat(20));
    }

    #[test]
    fn letters_and_digits_that_look_alike() {
        let alike = |a: &str, b: &str| Nick::heard(a).resembles(&Nick::heard(b));
        for (a, b) in [
            ("a1ice", "alice"),
            ("aIice", "alice"),
            ("B0B", "bob"),
            ("Ian", "lan"),
            ("rnike", "mike"),
            ("ALICE", "alice"),
            ("AIICE", "aiice"),
        ] {
            assert!(alike(a, b) && alike(b, a), "{a} {b}");
        }
        assert!(!alike("ian", "lan") && !alike("bob", "rob") && !alike("alice", "alicia"));
    }

    #[test]
    fn login_names_become_nicknames() {
        for (login, nick) in [
            ("root", "root"),
            ("DOMAIN\\alice", "DOMAINalice"),
            ("", "guest"),
            ("you", "guest"),
            ("you-there", "you-there"),
        ] {
            assert_eq!(Nick::from_login(login).as_str(), nick);
        }
    }
}

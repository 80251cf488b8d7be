//! What is to be said of a name that may not be what it seems.

use super::event::Trust;
use super::id::PeerId;
use super::nick::Nick;
use crate::text::SafeText;

/// Why a peer's name must not be taken for what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Another key is known under this nickname, or under one that looks like it.
    pub other: Option<Box<Other>>,
    /// It looks like the user's own nickname.
    pub like_own: bool,
    /// It mixes alphabets.
    pub mixed: bool,
}

/// Who is known under a nickname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its id.
    pub id: PeerId,
    /// The nickname.
    pub nick: Nick,
    /// How it is known: verified, known from an earlier run, or new in this one.
    pub trust: Trust,
    /// Both nicknames have the same letters: the key has changed. Else they only look alike.
    pub same: bool,
}

impl Doubts {
    /// The word for it in JSON: `key_changed` or `looks_like`.
    pub fn word(&self) -> Option<&'static str> {
        match &self.other {
            Some(other) if other.same => Some("key_changed"),
            Some(_) => Some("looks_like"),
            None => None,
        }
    }

    /// The word for it beside a name, where there is room for ten columns.
    pub fn mark(&self) -> Option<&'static str> {
        match &self.other {
            Some(other) if !other.same => Some("look-alike"),
            Some(other) if other.trust == Trust::Verified => Some("NEW KEY!"),
            Some(_) => Some("new key!"),
            None if self.like_own => Some("like yours"),
            None if self.mixed => Some("mixed name"),
            None => None,
        }
    }

    /// All of it, in plain words, one sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let mut told = Vec::new();
        if let Some(Other { id, nick, trust, same }) = self.other.as_deref() {
            let met = match trust {
                Trust::Verified => "whose words you have compared",
                Trust::Known => "whom you know from before",
                _ => "who was here first",
            };
            told.push(if *same {
                format!("not the {nick} {met}: that one has the key {id}")
            } else {
                format!("looks like {nick}, {met}, but is another: {nick} has the key {id}")
            });
        }
        if self.like_own {
            told.push("looks like your own nickname".to_owned());
        }
        if self.mixed {
            told.push("its name mixes alphabets".to_owned());
        }
        told
    }
}

/// A peer has come with a nickname that is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Who has come.
    pub peer: PeerId,
    /// Its name as shown, with the suffix.
    pub name: SafeText,
    /// Whose name it is.
    pub other: Other,
    /// How that one is to be called, with the suffix.
    pub other_name: SafeText,
}

impl Warning {
    /// What to tell the user, and what to do. `screen`: there are commands with a slash.
    pub fn text(&self, screen: bool) -> SafeText {
        let Self { peer, name, other, other_name } = self;
        let Other { id, nick, trust, same } = other;
        let what = match (same, trust) {
            (false, _) => format!("WARNING: {name} looks like {nick} but is written with other letters."),
            (true, Trust::Verified) => {
                format!(
                    "WARNING! {name} IS NOT THE {nick} THAT YOU HAVE VERIFIED. Somebody may pretend to be {nick}."
                )
            }
            (true, Trust::Known) => format!("WARNING: {name} is not the {nick} that you know from before."),
            (true, _) => format!("WARNING: {name} is not the {nick} who was here first."),
        };
        let verify = if screen { "/verify" } else { "lanchat identity verify" };
        SafeText::line(&format!(
            "{what} Its key is {peer}, that of {nick} is {id}. Trust it only when you have compared words: \
             {verify} {name}. If {nick} has got a new key: lanchat identity forget {other_name}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(same: bool, trust: Trust) -> Other {
        Other { id: PeerId([0x3f; 8]), nick: "bob".parse().unwrap(), trust, same }
    }

    #[test]
    fn warnings_name_both_keys_and_what_to_do() {
        let mut told = String::new();
        for (same, trust) in
            [(true, Trust::Known), (true, Trust::Verified), (true, Trust::New), (false, Trust::Known)]
        {
            let warning = Warning {
                peer: PeerId([0x1c; 8]),
                name: SafeText::line("bob~1c1c"),
                other: other(same, trust),
                other_name: SafeText::line("bob~3f3f"),
            };
            let doubts = Doubts { other: Some(Box::new(other(same, trust))), like_own: true, mixed: true };
            for screen in [true, false] {
                told.extend([warning.text(screen).as_str(), "\n"]);
            }
            told.extend([
                &doubts.sentences().join("; "),
                "\n",
                doubts.mark().unwrap(),
                " ",
                doubts.word().unwrap(),
                "\n\n",
            ]);
        }
        insta::assert_snapshot!(told);
        assert_eq!((Doubts::default().word(), Doubts::default().sentences().len()), (None, 0));
    }
}

//! `lanchat identity`: who this profile is, and which peers it trusts.

use std::io::{self, IsTerminal, Write};

use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::tell;
use super::settings::Settings;
use super::{Failure, clock};
use crate::chat::{PeerId, pair_words, words};
use crate::profile::{KnownPeer, KnownPeers, Profile, hex};

/// Show this profile's id, words and key; verify or forget peers
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat identity                 your id and your words\n  \
    lanchat identity verify bob      the words that bob and you compare, the same for both")]
pub(super) struct Identity {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Compare ten words with a peer, and remember that they are right
    #[command(after_help = "Example:\n  lanchat identity verify bob\n  \
        lanchat identity verify bob --words \"brickyard surrender Mohawk ...\"\n\n\
        Both of you see the same ten words: bob by `/verify` with your name, or by `lanchat identity verify`.\n\
        With --words, those that `lanchat identity` shows at bob's are right, too.")]
    Verify {
        /// A peer that the chat has met: nickname, nick~3f9a, or id
        peer: String,
        /// The words as the peer tells them, instead of a question
        #[arg(long, value_name = "WORDS")]
        words: Option<String>,
    },
    /// Take back that a peer is verified
    #[command(after_help = "Example:\n  lanchat identity unverify bob")]
    Unverify {
        /// A peer that the chat has met: nickname, nick~3f9a, or id
        peer: String,
    },
    /// Forget a peer: when met again it is new
    #[command(after_help = "Example:\n  lanchat identity forget bob~3f9a")]
    Forget {
        /// A peer that the chat has met: nickname, nick~3f9a, or id
        peer: String,
    },
    /// Print the secret key, to keep a copy or to move to another computer
    #[command(after_help = "Example:\n  lanchat identity export > identity.backup\n\n\
        To use it elsewhere, put it as `identity` into the profile's directory, with mode 600.")]
    Export,
}

impl Identity {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let profile = &settings.profile;
        match self.action {
            None => show(settings),
            Some(Action::Verify { peer, words }) => verify(profile, &peer, words.as_deref()),
            Some(Action::Unverify { peer }) => unverify(profile, &peer),
            Some(Action::Forget { peer }) => forget(profile, &peer),
            Some(Action::Export) => export(profile),
        }
    }
}

fn show(settings: &Settings) -> Result<(), Failure> {
    let identity = settings.profile.identity()?;
    let (public, dir) = (identity.public(), settings.profile.dir().display());
    let (id, key, words) = (identity.id(), hex(&public).to_string(), words(&public));
    let nick = &settings.nick.value;
    if settings.json {
        let object = json!({
            "id": id.to_string(), "words": words, "public_key": key, "nick": nick.as_str(), "directory": dir.to_string()
        });
        return Ok(writeln!(io::stdout(), "{object}")?);
    }
    Ok(writeln!(io::stdout(), "id     {id}\nwords  {words}\nkey    {key}\nnick   {nick}\nkept   {dir}")?)
}

fn verify(profile: &Profile, name: &str, told: Option<&str>) -> Result<(), Failure> {
    let peers = profile.peers()?;
    let (id, peer) = one(&peers, name)?;
    let pair = || Ok::<_, Failure>(pair_words(&profile.identity()?.public(), &peer.public));
    let called = full_name(&peers, id, peer);
    let same = match told {
        Some(told) => same_words(told, &words(&peer.public)) || same_words(told, &pair()?),
        None => ask(&called, &peers, (id, peer), pair)?,
    };
    if !same {
        return Err(Failure::Failed(format!(
            "{called} is not verified: with other words it is somebody else who uses this name"
        )));
    }
    profile.update_peers(|peers| peers.verify(id))?;
    Ok(writeln!(io::stdout(), "{called} is verified; a running chat shows it within a few seconds")?)
}

fn unverify(profile: &Profile, name: &str) -> Result<(), Failure> {
    let peers = profile.peers()?;
    let (id, peer) = one(&peers, name)?;
    profile.update_peers(|peers| peers.trust(id, false))?;
    Ok(writeln!(io::stdout(), "{} is no longer verified", full_name(&peers, id, peer))?)
}

/// Case, punctuation and the width of gaps do not matter when words were spoken.
fn same_words(told: &str, right: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    plain(told) == plain(right)
}

fn ask(
    called: &str,
    peers: &KnownPeers,
    (id, peer): (PeerId, &KnownPeer),
    right: impl FnOnce() -> Result<String, Failure>,
) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        let message = "nobody is there to compare the words; give them with --words";
        return Err(Failure::Usage(message.to_owned()));
    }
    let mut out = io::stdout();
    writeln!(out, "{called}, first met {}", clock::day(peer.first_met))?;
    if let Some((other, known)) = peers.rival(id) {
        let known = full_name(peers, other, known);
        writeln!(out, "WARNING: this name is that of {known}, whom you know longer or have verified")?;
    }
    let right = right()?;
    write!(out, "\n  {right}\n\nDoes {} see the same words, by /verify with your name? [y/N] ", peer.nick)?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn forget(profile: &Profile, name: &str) -> Result<(), Failure> {
    let peers = profile.peers()?;
    let (id, peer) = one(&peers, name)?;
    profile.update_peers(|peers| peers.forget(id))?;
    Ok(writeln!(io::stdout(), "{} is forgotten", full_name(&peers, id, peer))?)
}

fn export(profile: &Profile) -> Result<(), Failure> {
    let text = profile.export()?;
    tell("whoever has this key can speak as you; keep it secret");
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// The only known peer that is meant by `name`.
fn one<'a>(peers: &'a KnownPeers, name: &str) -> Result<(PeerId, &'a KnownPeer), Failure> {
    match peers.find(name).as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::Failed(format!(
            "no peer called {name:?} is known; the chat remembers those it meets"
        ))),
        many => {
            let names: Vec<_> = many.iter().map(|(id, peer)| full_name(peers, *id, peer)).collect();
            Err(Failure::Failed(format!("{name:?} can be {}; give one of these names", names.join(" or "))))
        }
    }
}

/// The name that means this peer only.
fn full_name(peers: &KnownPeers, id: PeerId, peer: &KnownPeer) -> String {
    let alike = peers.iter().filter(|(_, other)| other.nick.resembles(&peer.nick)).map(|(id, _)| id);
    format!("{}~{}", peer.nick, id.suffix(alike))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_people_say_them() {
        let right = words(&[0; 32]);
        assert!(same_words(&right.to_uppercase().replace(' ', ",  "), &right));
        assert!(!same_words("brickyard", &right));
        assert!(!same_words(&right.replace("surrender", "survivor"), &right));
    }
}

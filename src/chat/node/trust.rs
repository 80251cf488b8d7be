//! Whom to believe: what speaks against a peer's name, who is warned of, and what the user has decided.

use super::super::acquaintance::{Acquaintance, Claim, Standing};
use super::super::doubts::{Doubts, Other, Warning};
use super::super::event::{Event, Millis, Trust};
use super::super::id::PeerId;
use super::super::nick::Nick;
use super::names::suffixed;
use super::{Node, Now};
use crate::text::SafeText;

impl Node {
    /// A listed peer goes by its nickname from now on.
    pub(super) fn claims(&mut self, now: Now, peer: PeerId) {
        // Those who are found at the start have no order among them.
        let since = if self.presence.young() { self.started.wall } else { now.wall };
        let Some(entry) = self.roster.get_mut(peer).filter(|e| e.listed()) else { return };
        let nick = entry.nick.clone();
        if entry.claims_nick().is_none() {
            entry.claimed = Some(Claim { nick: nick.clone(), since });
        }
        self.acquaintances.named(peer, &nick, since);
    }

    /// Works out what speaks against a peer's name. The user has decided on a key that was verified under it.
    pub(super) fn judge(&mut self, now: Now, peer: PeerId) {
        let Some(entry) = self.roster.get(peer) else { return };
        let decided = self.standing(peer, &entry.nick, now.wall).is_verified();
        let doubts = Doubts {
            other: if decided { None } else { self.other_than(now, peer).map(Box::new) },
            like_own: !self.config.observer && entry.nick.resembles(&self.config.nick),
            mixed: entry.nick.is_mixed(),
        };
        if let Some(entry) = self.roster.get_mut(peer) {
            entry.doubts = doubts;
        }
    }

    /// How good the claim of a peer in the roster to this nickname is, where it is listed under it; else it has it since `or`.
    pub(super) fn standing(&self, peer: PeerId, nick: &Nick, or: Millis) -> Standing {
        self.acquaintances.standing(peer, nick, Some(self.roster.since(peer, nick).unwrap_or(or)))
    }

    /// Who has the best claim to the nickname of a peer, if it is not that peer.
    fn other_than(&self, now: Now, peer: PeerId) -> Option<Other> {
        let entry = self.roster.get(peer)?;
        let known = self.acquaintances.resembling(&entry.nick).into_iter();
        let known = known.filter_map(|id| {
            let nick = &self.acquaintances.get(id)?.nick;
            Some((id, nick, self.roster.since(id, nick)))
        });
        let met = self.roster.resembling(&entry.nick).into_iter();
        let met = met.filter_map(|id| {
            let entry = self.roster.get(id)?;
            entry.claims_nick().map(|claim| (id, &entry.nick, Some(claim.since)))
        });
        let others = known.chain(met).filter(|(id, ..)| *id != peer && *id != self.id());
        let claims = others.map(|(id, nick, since)| (self.acquaintances.standing(id, nick, since), id, nick));
        let (standing, id, nick) = claims.max()?;
        if standing <= self.standing(peer, &entry.nick, now.wall) {
            return None;
        }
        let trust = match standing {
            _ if standing.is_verified() => Trust::Verified,
            _ if standing.is_known() => Trust::Known,
            _ => Trust::New,
        };
        let same = nick.same_letters(&entry.nick);
        Some(Other { id, nick: nick.clone(), trust, same })
    }

    /// Warns of a peer that goes by the name of another.
    pub(super) fn warn(&mut self, now: Now, peer: PeerId) {
        let Some(entry) = self.roster.get(peer).filter(|e| !e.ignored) else { return };
        let Some(other) = entry.doubts.other.as_deref().cloned() else { return };
        if self.warnings.tell(now.mono, peer, other.id, other.trust == Trust::Verified) {
            let other_name = suffixed(&other.nick, &other.id.suffix([peer]));
            let warning = Warning { peer, name: entry.name.clone(), other, other_name };
            self.events.push_back(Event::Warning(Box::new(warning)));
        }
    }

    /// Tells of the warnings that were only counted.
    pub(super) fn sum_warnings(&mut self, now: Now) {
        if let Some(count) = self.warnings.sum(now.mono) {
            let keys = if count == 1 { "1 more key goes" } else { &format!("{count} more keys go") };
            let text = format!(
                "WARNING: {keys} by nicknames of others; who is listed (/who, lanchat who) is marked"
            );
            self.events.push_back(Event::Notice(SafeText::line(&text)));
        }
    }

    /// Somebody speaks who is not listed: a command, or one whose beacon others had. Its name is looked at only now.
    pub(super) fn judge_speaker(&mut self, now: Now, peer: PeerId) {
        let Some(nick) = self.roster.get(peer).filter(|e| !e.listed()).map(|e| e.nick.clone()) else {
            return;
        };
        self.judge(now, peer);
        self.rename_all(&nick.skeleton());
        self.warn(now, peer);
    }

    /// What the user has decided on a peer: its words are right, they are not known to be, or it is forgotten
    /// ([`Trust::New`]). Returns its key and nickname; none where nobody with this id is known.
    pub fn set_trust(&mut self, now: Now, peer: PeerId, trust: Trust) -> Option<([u8; 32], Nick)> {
        self.clock(now);
        let known = self.acquaintances.get(peer).cloned();
        let entry = self.roster.get(peer);
        let public = entry.map(|e| e.key.to_bytes()).or(known.as_ref().map(|k| k.public))?;
        let nick = entry.map(|e| e.nick.clone()).or(known.as_ref().map(|k| k.nick.clone()))?;
        let since = self.roster.since(peer, &nick).unwrap_or(now.wall);
        let verified = trust == Trust::Verified;
        if verified || trust == Trust::Known {
            let about = known.unwrap_or_else(|| Acquaintance::new(public, nick.clone(), since));
            let mut about =
                Acquaintance { nick: nick.clone(), verified: verified.then(|| nick.clone()), ..about };
            if verified && Claim::to(&about.claims, &nick).is_none() {
                about.claims.push(Claim { nick: nick.clone(), since });
            }
            self.acquaintances.insert(about);
        } else {
            self.acquaintances.remove(peer);
        }
        self.warnings.forget(peer);
        self.roster.settle(peer);
        if let Some(entry) = self.roster.get_mut(peer) {
            let changed = entry.trust != trust;
            entry.trust = trust;
            if trust == Trust::New {
                entry.claimed = entry.listed().then(|| Claim { nick: nick.clone(), since: now.wall });
            }
            self.look_again(now, &nick, Some(peer).filter(|_| changed));
        } else {
            self.look_again(now, &nick, None);
        }
        Some((public, nick))
    }

    /// Looks again at all names like this one. Tells of `but` in any case.
    pub(super) fn look_again(&mut self, now: Now, nick: &Nick, but: Option<PeerId>) {
        let all = self.roster.resembling(nick);
        let before: Vec<_> =
            all.iter().filter_map(|id| self.roster.get(*id).map(|e| (*id, e.doubts.clone()))).collect();
        let mut changed: Vec<PeerId> = but.into_iter().collect();
        for (id, doubts) in before {
            self.judge(now, id);
            if self.roster.get(id).is_some_and(|e| e.doubts != doubts) && !changed.contains(&id) {
                changed.push(id);
            }
        }
        let mut looks: Vec<_> =
            all.iter().filter_map(|id| Some(self.roster.get(*id)?.nick.skeleton())).collect();
        looks.sort_unstable();
        looks.dedup();
        for look in &looks {
            self.rename_all(look);
        }
        for id in changed {
            if let Some(entry) = self.roster.get(id).filter(|e| e.listed()) {
                self.events.push_back(Event::Changed(entry.view(id)));
            }
            self.warn(now, id);
        }
    }

    /// A peer has taken this nickname: whoever goes by it undoubted may have the lesser claim now. Those who are doubted stay so:
    /// there may be many, and who is better than they hardly matters.
    pub(super) fn overtake(&mut self, now: Now, peer: PeerId, nick: &Nick) {
        let undoubted = |id: &PeerId| {
            self.roster.get(*id).is_some_and(|e| e.listed() && e.doubts.other.is_none()) && *id != peer
        };
        let others: Vec<PeerId> = self.roster.resembling(nick).into_iter().filter(undoubted).collect();
        for id in others {
            self.judge(now, id);
            let Some(entry) = self.roster.get(id).filter(|e| e.doubts.other.is_some()) else { continue };
            let skeleton = entry.nick.skeleton();
            self.rename_all_but(&skeleton, Some(id));
            if let Some(entry) = self.roster.get(id) {
                self.events.push_back(Event::Changed(entry.view(id)));
            }
            self.warn(now, id);
        }
    }

    /// Whether a peer was met in this run for the first time.
    pub fn is_new(&self, peer: PeerId) -> bool {
        self.roster.get(peer).is_some_and(|e| e.trust == Trust::New)
    }
}

//! Catching up: many missing lines, or those from before this node came, are pulled from one peer by unicast.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::id::PeerId;
use super::limits::{MAX_HEARSAY, PULL_PATIENCE, PULL_REST, PULL_ROUNDS, PULL_TRIES};
use super::repair::Number;
use super::store::Run;

/// What is being pulled, and from whom.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    runs: BTreeSet<Run>,
    server: Option<PeerId>,
    /// Those who did not answer.
    silent: BTreeSet<PeerId>,
    asked: BTreeSet<Number>,
    /// What nobody had, and until when it is not asked for again.
    rest: BTreeMap<Run, Duration>,
    /// What comes up to this number was asked for in vain: what is behind it goes first.
    passed: Option<Number>,
    /// Nothing has come since the last question.
    vain: bool,
    tries: u32,
    /// How often everybody was asked in vain.
    rounds: u32,
    /// A peer did not answer, and the user has not seen all that is here.
    stalled: bool,
    deadline: Option<Duration>,
    /// Datagrams that came, for the progress shown.
    pub(super) got: u32,
}

impl CatchUp {
    /// Whether `run` is being pulled: nobody else needs to hear that it is missed.
    pub(super) fn pulls(&self, run: Run) -> bool {
        self.runs.contains(&run)
    }

    pub(super) fn runs(&self) -> impl Iterator<Item = Run> {
        self.runs.iter().copied()
    }

    /// Begins to pull `run`, which may be had from `from`.
    pub(super) fn want(&mut self, now: Duration, run: Run, from: Option<PeerId>) {
        if let Some(from) = from.filter(|_| self.runs.insert(run)) {
            self.silent.remove(&from);
        }
        self.runs.insert(run);
        self.server = self.server.or(from);
        self.deadline.get_or_insert(now);
    }

    /// Nothing of `run` is missing any more, or it is given up.
    pub(super) fn done(&mut self, run: Run) {
        self.runs.remove(&run);
        self.asked.retain(|(other, _)| *other != run);
        if self.runs.is_empty() {
            *self = Self { rest: std::mem::take(&mut self.rest), ..Self::default() };
        }
    }

    /// Everybody was asked for `run` in vain.
    pub(super) fn in_vain(&mut self, now: Duration, run: Run) {
        self.done(run);
        self.rest.retain(|_, until| *until > now);
        if self.rest.len() < MAX_HEARSAY {
            self.rest.insert(run, now + PULL_REST);
        }
    }

    /// Whether `run` was asked for in vain lately.
    pub(super) fn rests(&self, now: Duration, run: Run) -> bool {
        self.rest.get(&run).is_some_and(|until| *until > now)
    }

    /// A datagram came: the next question follows when all that was asked for is here, or when no more comes.
    pub(super) fn came(&mut self, now: Duration, number: Number) {
        if self.asked.remove(&number) {
            self.got += 1;
            self.vain = false;
            (self.tries, self.rounds) = (0, 0);
            self.deadline = Some(if self.asked.is_empty() { now } else { now + PULL_PATIENCE });
        }
    }

    /// Whether this datagram was asked for and has not come.
    pub(super) fn asks(&self, number: Number) -> bool {
        self.asked.contains(&number)
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Whether [`CatchUp::ask`] has something to do.
    pub(super) fn due(&self, now: Duration) -> bool {
        self.deadline.is_some_and(|at| at <= now)
    }

    /// Whom to ask now; none when it is not time. A peer that did not answer some questions is not asked any more: then
    /// `others` are.
    pub(super) fn ask(
        &mut self,
        now: Duration,
        others: impl Iterator<Item = PeerId>,
    ) -> Option<Result<PeerId, Nobody>> {
        if !self.due(now) {
            return None;
        }
        self.deadline = Some(now + PULL_PATIENCE * (1 << self.tries.min(3)));
        self.tries += 1;
        if self.tries > PULL_TRIES {
            self.silent.extend(self.server.take());
            (self.tries, self.stalled) = (1, true);
        }
        if self.server.is_none() {
            self.server = others.filter(|peer| !self.silent.contains(peer)).min();
        }
        if self.server.is_none() && self.silent.is_empty() {
            self.deadline = Some(now + NOBODY_YET); // whoever told of the lines will be met
            return None;
        }
        if self.server.is_none() && self.rounds < PULL_ROUNDS {
            self.rounds += 1;
            (self.tries, self.deadline) = (0, Some(now + AGAIN * self.rounds));
            self.silent.clear(); // much may have been lost
            return None;
        }
        Some(self.server.ok_or(Nobody))
    }

    /// Whether a peer has not answered since this was asked last.
    pub(super) fn stalls(&mut self) -> bool {
        std::mem::take(&mut self.stalled)
    }

    /// The number behind which to ask, of those that are `missing`: what nobody has must not hide what somebody has.
    pub(super) fn behind(&mut self, missing: impl Fn(Number) -> bool) -> Option<Number> {
        if self.vain && (self.rounds > 0 || self.passed.is_some()) {
            self.passed = self.asked.last().copied().or(self.passed);
        }
        self.passed = self.passed.filter(|passed| missing(*passed));
        self.passed
    }

    /// These numbers have been asked for.
    pub(super) fn asked(&mut self, numbers: impl Iterator<Item = Number>) {
        (self.asked, self.vain) = (numbers.collect(), true);
    }
}

/// How long to wait before everybody is asked again; longer each time.
const AGAIN: Duration = Duration::from_secs(1);
/// How long to wait while nobody is known to ask.
const NOBODY_YET: Duration = Duration::from_millis(300);

/// There is nobody to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nobody;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_is_left_for_another() {
        let (alice, bob, run) = (PeerId([1; 8]), PeerId([2; 8]), (PeerId([9; 8]), 1));
        let mut catchup = CatchUp::default();
        catchup.want(Duration::ZERO, run, Some(bob));
        let mut asked = Vec::new();
        while let Some(at) = catchup.deadline() {
            match catchup.ask(at, [alice, bob].into_iter()) {
                Some(Ok(peer)) => asked.push(peer),
                Some(Err(Nobody)) => break,
                None => {}
            }
        }
        let tries = usize::try_from(PULL_TRIES).unwrap();
        let rounds = usize::try_from(PULL_ROUNDS).unwrap();
        let (first, again) = ([[bob].repeat(tries), [alice].repeat(tries)].concat(), [alice, bob]);
        let again: Vec<_> = again.iter().flat_map(|peer| [*peer].repeat(tries)).collect();
        assert_eq!(asked, [first, again.repeat(rounds)].concat());
    }

    #[test]
    fn the_next_question_follows_the_last_answer() {
        let (bob, run) = (PeerId([2; 8]), (PeerId([9; 8]), 1));
        let now = Duration::from_secs(5);
        let mut catchup = CatchUp::default();
        catchup.want(now, run, Some(bob));
        assert_eq!(catchup.ask(now, std::iter::empty()), Some(Ok(bob)));
        catchup.asked([(run, 1), (run, 2)].into_iter());
        assert!(catchup.deadline() > Some(now));
        catchup.came(now, (run, 1));
        catchup.came(now, (run, 7));
        assert!(catchup.deadline() > Some(now));
        catchup.came(now, (run, 2));
        assert_eq!((catchup.deadline(), catchup.got), (Some(now), 2));
        catchup.done(run);
        assert_eq!(catchup.deadline(), None);
    }
}

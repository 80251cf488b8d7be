//! The kill ring: what was cut, newest last.

/// Cuts kept.
const KEPT: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Kills {
    ring: Vec<String>,
    /// The last edit was a cut: the next one joins it.
    joining: bool,
    /// Where the last edit yanked to, and how many cuts back its text was.
    yank: Option<(usize, usize, usize)>,
}

impl Kills {
    /// Keeps `cut`. Cuts in a row become one, in the order that they had in the text.
    pub(super) fn push(&mut self, cut: &str, backwards: bool) {
        match self.ring.last_mut() {
            Some(last) if self.joining && backwards => last.insert_str(0, cut),
            Some(last) if self.joining => last.push_str(cut),
            _ => {
                self.ring.push(cut.to_owned());
                if self.ring.len() > KEPT {
                    self.ring.remove(0);
                }
            }
        }
        (self.joining, self.yank) = (true, None);
    }

    /// Some other edit was done.
    pub(super) fn rest(&mut self) {
        (self.joining, self.yank) = (false, None);
    }

    pub(super) fn newest(&mut self) -> Option<String> {
        self.yank = Some((0, 0, 0));
        self.ring.last().cloned()
    }

    /// Remembers that what was asked for now stands at `from..to`.
    pub(super) fn yanked(&mut self, from: usize, to: usize) {
        self.yank = self.yank.map(|(_, _, back)| (from, to, back));
    }

    /// Directly after a yank: where it stands and what was cut before it, round the ring.
    pub(super) fn older(&mut self) -> Option<(usize, usize, String)> {
        let (from, to, back) = self.yank?;
        let back = (back + 1) % self.ring.len().max(1);
        self.yank = Some((from, to, back));
        let cut = self.ring.iter().rev().nth(back)?;
        Some((from, to, cut.clone()))
    }
}

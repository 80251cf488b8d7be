//! What the doctor says: findings, and the verdict over all of them.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// Perhaps a reason why somebody is not heard.
    Warning,
    /// A reason why nobody, or somebody, is heard.
    Broken,
}

impl Level {
    /// In one word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Broken => "broken",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check: a word for scripts, never renamed.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found, in one line. Safe to show.
    pub text: String,
    /// What to do about it, in one line; none where there is nothing to do.
    pub cure: Option<String>,
    /// The interface it is about, if it is about one.
    pub interface: Option<String>,
}

impl Finding {
    pub(super) fn new(check: &'static str, level: Level, text: impl Into<String>) -> Self {
        Self { check, level, text: text.into(), cure: None, interface: None }
    }

    pub(super) fn fine(check: &'static str, text: impl Into<String>) -> Self {
        Self::new(check, Level::Fine, text)
    }

    pub(super) fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }

    pub(super) fn on(mut self, interface: &str) -> Self {
        self.interface = Some(interface.to_owned());
        self
    }
}

/// What all findings come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The worst level.
    pub level: Level,
    /// In one line.
    pub text: String,
    /// How many findings are broken, and how many are warnings.
    pub broken: usize,
    /// See [`Verdict::broken`].
    pub warnings: usize,
    /// How many people were heard.
    pub peers: usize,
}

impl Verdict {
    /// The verdict over `findings`, with so many people heard.
    pub fn over(findings: &[Finding], peers: usize) -> Self {
        let count = |level| findings.iter().filter(|f| f.level == level).count();
        let (broken, warnings) = (count(Level::Broken), count(Level::Warning));
        let level = findings.iter().map(|f| f.level).max().unwrap_or(Level::Fine);
        let things =
            |n: usize, one: &str, many: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {many}") };
        let heard = match peers {
            0 => "nobody was heard".to_owned(),
            n => format!("{} heard", things(n, "person was", "people were")),
        };
        let text = match (broken, warnings) {
            (0, 0) => format!("all is well; {heard}"),
            (0, n) => format!("nothing is broken, but read {}; {heard}", things(n, "warning", "warnings")),
            (n, _) => format!("{} broken; {heard}", things(n, "thing is", "things are")),
        };
        Self { level, text, broken, warnings, peers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_the_worst_finding() {
        let of = |levels: &[Level], peers| {
            let all: Vec<_> = levels.iter().map(|l| Finding::new("x", *l, "y")).collect();
            let verdict = Verdict::over(&all, peers);
            (verdict.level, verdict.text)
        };
        assert_eq!(of(&[], 0), (Level::Fine, "all is well; nobody was heard".into()));
        assert_eq!(
            of(&[Level::Note, Level::Fine], 1),
            (Level::Note, "all is well; 1 person was heard".into())
        );
        let (level, text) = of(&[Level::Warning, Level::Warning], 2);
        assert_eq!(
            (level, text.as_str()),
            (Level::Warning, "nothing is broken, but read 2 warnings; 2 people were heard")
        );
        let (level, text) = of(&[Level::Broken, Level::Warning], 0);
        assert_eq!((level, text.as_str()), (Level::Broken, "1 thing is broken; nobody was heard"));
    }
}

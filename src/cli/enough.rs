//! `--count` and `--timeout`: when a command that prints what comes has printed enough.

use std::cell::Cell;
use std::time::Duration;

use super::{Failure, duration};

/// How many were printed, of how many that are wanted.
#[derive(Debug)]
pub(super) struct Enough {
    wanted: Option<u32>,
    printed: Cell<u32>,
}

impl Enough {
    pub(super) fn new(wanted: Option<u32>) -> Self {
        Self { wanted, printed: Cell::new(0) }
    }

    /// One more was printed. Whether that was the last one.
    pub(super) fn one_more(&self) -> bool {
        self.printed.set(self.printed.get().saturating_add(1));
        self.wanted.is_some_and(|wanted| self.printed.get() >= wanted)
    }

    /// Does `all` until it ends, or `limit` has passed: a failure if too few `came`, as in "2 of 5 messages came".
    pub(super) async fn within(
        &self,
        limit: Option<Duration>,
        came: &str,
        all: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let Some(limit) = limit else { return all.await };
        if let Ok(done) = tokio::time::timeout(limit, all).await {
            return done;
        }
        let Some(wanted) = self.wanted else { return Ok(()) };
        let (printed, limit) = (self.printed.get(), duration::show(limit));
        Err(Failure::Nobody(format!(
            "{printed} of {wanted} {came} within {limit}; wait longer with --timeout"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn too_few_in_time_are_a_failure_and_the_last_ends_it() {
        let limit = Some(Duration::from_secs(5));
        let never = || std::future::pending::<Result<(), Failure>>();
        let any = Enough::new(None);
        assert!(!any.one_more() && any.within(limit, "came", never()).await.is_ok());
        let two = Enough::new(Some(2));
        assert!(!two.one_more());
        let failed = two.within(limit, "messages came", never()).await;
        let Err(Failure::Nobody(told)) = failed else { panic!("{failed:?}") };
        assert_eq!(told, "1 of 2 messages came within 5 s; wait longer with --timeout");
        assert!(two.one_more() && two.within(limit, "came", async { Ok(()) }).await.is_ok());
    }
}

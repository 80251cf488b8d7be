//! A value that one thread changes and another waits for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Shared state with a bell that rings at every change.
pub struct Watched<S>(Arc<(Mutex<S>, Condvar)>);

impl<S> Clone for Watched<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Watched<S> {
    /// Starts with `state`.
    pub fn new(state: S) -> Self {
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    fn lock(&self) -> MutexGuard<'_, S> {
        self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits.
    pub fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let result = change(&mut self.lock());
        self.0.1.notify_all();
        result
    }

    /// Looks at the state.
    pub fn look<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.lock())
    }

    /// Waits until `condition` gives something, at most for `bound`.
    pub fn wait_for<R>(&self, bound: Duration, mut condition: impl FnMut(&S) -> Option<R>) -> Option<R> {
        let deadline = Instant::now() + bound;
        let mut state = self.lock();
        loop {
            if let Some(found) = condition(&state) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            state = self.0.1.wait_timeout(state, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }
}

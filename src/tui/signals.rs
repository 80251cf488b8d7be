//! What other programs tell this one by signals.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal means for the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Leave.
    Leave,
    /// Leave, unless another program has the terminal: then Ctrl+C was pressed for that.
    Interrupt,
    /// Read the settings again.
    Reload,
    /// The program was stopped and goes on; the terminal may have been used meanwhile.
    Continue,
}

/// The signals that are waited for, and the end of the terminal, of which no signal tells when the shell died first.
pub(super) struct Signals {
    streams: [Stream; 5],
    terminal: AsyncFd<OwnedFd>,
}

impl Signals {
    /// From now on the signals are told instead of ending the program.
    pub(super) fn new() -> io::Result<Self> {
        let streams = [
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::quit())?,
            signal(SignalKind::from_raw(nix::libc::SIGCONT))?,
        ];
        let terminal = io::stdin().as_fd().try_clone_to_owned()?;
        // Input is another's business: this wakes up for the end only.
        #[allow(deprecated, reason = "its successor is unsafe; an OwnedFd cannot be closed behind its back")]
        let terminal = AsyncFd::with_interest(terminal, Interest::PRIORITY)?;
        Ok(Self { streams, terminal })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        let [terminate, hangup, interrupt, quit, cont] = &mut self.streams;
        tokio::select! {
            () = gone(&self.terminal) => Signal::Leave,
            _ = terminate.recv() => Signal::Leave,
            _ = interrupt.recv() => Signal::Interrupt,
            _ = quit.recv() => Signal::Interrupt,
            _ = cont.recv() => Signal::Continue,
            // A terminal that has gone away sends it, too; then nothing can be asked of it any more.
            _ = hangup.recv() => if io::stdin().is_terminal() { Signal::Reload } else { Signal::Leave },
        }
    }
}

/// Returns when nobody is at the other end of the terminal any more.
async fn gone(terminal: &AsyncFd<OwnedFd>) {
    loop {
        match terminal.ready(Interest::PRIORITY).await {
            Ok(mut ready) if !ready.ready().is_read_closed() => ready.clear_ready(),
            Ok(_) => return,
            Err(_) => std::future::pending().await, // the runtime is ending
        }
    }
}

//! What is done when the program panics: the terminal is put back first, then a report is written, then its user is told
//! where it lies. The report holds the failure and its place in the program; of the conversation only what the
//! failure itself quotes, as text.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use tokio::sync::Notify;

use super::screen::restore;
use crate::text::SafeText;

/// The hook is set once; it does nothing of its own while the terminal is not ours.
static HOOK: Once = Once::new();
/// Where reports go.
static REPORTS: OnceLock<PathBuf> = OnceLock::new();
/// Rung at a panic, wherever in the program it was.
static CRASHED: Notify = Notify::const_new();

/// From now on a panic puts the terminal back and leaves a report in `reports`.
pub(super) fn watch(reports: &Path) {
    REPORTS.get_or_init(|| reports.to_owned());
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !restore() {
                return before(info); // no screen of ours: the ordinary message can be read
            }
            let told = match report(info) {
                Some(path) => format!("the report is in {}; please send it to the authors", path.display()),
                None => SafeText::line(&info.to_string()).to_string(),
            };
            let _ = writeln!(io::stderr(), "lanchat has failed; {told}"); // nobody left to tell
            CRASHED.notify_one();
        }));
    });
}

/// Returns when some part of the program has panicked.
pub(crate) async fn crashed() {
    CRASHED.notified().await;
}

/// Writes the report; none if that is impossible.
fn report(info: &PanicHookInfo<'_>) -> Option<PathBuf> {
    let dir = REPORTS.get()?;
    let mut text = format!(
        "lanchat {} on {} {}, TERM={}\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        std::env::var("TERM").unwrap_or_default(),
        SafeText::clean(&info.to_string()), // a failure may quote what was said
    );
    let _ = writeln!(text, "\n{}", Backtrace::force_capture()); // to a String
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).ok()?;
    let path = dir.join("crash.txt");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).ok()?;
    file.write_all(text.as_bytes()).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;
    use crate::tui::term::Screen;

    const REPORTS_IN: &str = "LANCHAT_TEST_REPORTS";

    /// Not a test by itself: what [`a_panic_leaves_the_terminal_as_it_was_and_a_report`] runs on a terminal.
    #[test]
    #[ignore = "run by another test"]
    fn panics_on_a_terminal() {
        let Some(reports) = std::env::var_os(REPORTS_IN) else { return };
        let _screen = Screen::take(Path::new(&reports)).unwrap();
        let inner = std::thread::spawn(|| panic!("out of cheese\x1b]0;PWNED\x07"));
        assert!(inner.join().is_err());
    }

    #[test]
    fn a_panic_leaves_the_terminal_as_it_was_and_a_report() {
        let home = tempfile::tempdir().unwrap();
        let size = PtySize { rows: 24, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        let name = "tui::term::crash::tests::panics_on_a_terminal";
        command.args(["--exact", name, "--ignored", "--nocapture"]);
        command.env(REPORTS_IN, home.path());
        command.env("TERM", "xterm-256color");
        let before = pty.master.get_termios().unwrap();
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let mut output = Vec::new();
        let _ = reader.read_to_end(&mut output); // EIO is the end of a terminal
        child.wait().unwrap();
        let output = String::from_utf8_lossy(&output);
        let last = |text: &str| output.rfind(text).unwrap_or_else(|| panic!("no {text:?} in {output:?}"));
        for (on, off) in [("?1049h", "?1049l"), ("?2004h", "?2004l"), ("?1004h", "?1004l")] {
            assert!(last(on) < last(off), "{on}");
        }
        let told = last("lanchat has failed; the report is in ");
        assert!(last("?1049l") < told && told < last("crash.txt"), "it can be read on the user's own screen");
        let after = pty.master.get_termios().unwrap();
        assert_eq!(before.local_flags, after.local_flags);
        let report = std::fs::read_to_string(home.path().join("crash.txt")).unwrap();
        assert!(!report.contains('\x1b') && !output.contains("\x1b]0;PWNED"), "{report:?}");
        assert!(report.contains("out of cheese") && report.contains("src/tui/term/crash.rs"), "{report}");
    }
}

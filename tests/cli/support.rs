//! Runs the real binary in a home of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use tempfile::TempDir;

pub(crate) use crate::patience::{SOON, tries};
pub(crate) use crate::ports::free_port;

/// A user's home, with nothing in it at first.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join(".local/share/lanchat")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanchat"));
        command.args(args).env_clear().env("HOME", self.path()).env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        command.env("LANCHAT_RUNTIME_DIR", self.path().join("run")); // tests run side by side
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().unwrap(), self.path())
    }

    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let mut lines_of = None;
        let mut running = self.start_as(args, |stdout| lines_of = Some(lines(stdout)));
        running.lines = lines_of.unwrap();
        running
    }

    /// Starts a program whose output goes to `reader`.
    pub(crate) fn start_as(&self, args: &[&str], reader: impl FnOnce(ChildStdout)) -> Running {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        reader(child.stdout.take().unwrap());
        Running {
            stdin: child.stdin.take(),
            lines: mpsc::channel().1,
            errors: lines(child.stderr.take().unwrap()),
            child,
        }
    }
}

/// How a run ended. Paths into the home are shown as `HOME`.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output, home: &Path) -> Self {
        let text =
            |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&home.display().to_string(), "HOME");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The one line that tells why it failed.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self.stderr.strip_prefix("lanchat: ").unwrap().trim_end().to_owned()
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }
}

/// A program that runs in the background; killed at the end of the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) lines: Receiver<String>,
    pub(crate) errors: Receiver<String>,
}

impl Running {
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
    }

    /// The next line of its output that holds `text`.
    #[track_caller]
    pub(crate) fn hear(&self, text: &str) -> String {
        self.until(text).pop().unwrap()
    }

    /// The lines of its output up to the next one that holds `text`.
    #[track_caller]
    pub(crate) fn until(&self, text: &str) -> Vec<String> {
        wait_for(&self.lines, text)
    }

    /// Waits for a line of its stderr that holds `text`.
    #[track_caller]
    pub(crate) fn complain(&self, text: &str) {
        wait_for(&self.errors, text);
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Its exit code, once it has ended by itself.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let (ended, end) = mpsc::channel();
        let pid = self.child.id().to_string();
        std::thread::spawn(move || {
            if end.recv_timeout(SOON).is_err() {
                let _ = Command::new("kill").args(["-9", &pid]).status();
            }
        });
        let status = self.child.wait().unwrap();
        let _ = ended.send(());
        status.code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (lines, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    heard
}

#[track_caller]
fn wait_for(lines: &Receiver<String>, text: &str) -> Vec<String> {
    let mut before = Vec::new();
    loop {
        match lines.recv_timeout(SOON) {
            Ok(line) => {
                before.push(line);
                if before.last().is_some_and(|line| line.contains(text)) {
                    return before;
                }
            }
            Err(e) => panic!("{text:?} was not heard ({e}), but {before:#?}"),
        }
    }
}

/// Whether the test can have what it needs; without it, it is skipped, but not under `LANCHAT_LAB=require`.
pub(crate) fn lab(available: bool, need: &str) -> bool {
    let required = std::env::var("LANCHAT_LAB").is_ok_and(|v| v == "require");
    assert!(available || !required, "LANCHAT_LAB=require, but there is no {need}");
    if !available {
        let _ = writeln!(std::io::stderr(), "skipped: needs {need}");
    }
    available
}

/// Whether mounts and users can be changed: root, with the tools of util-linux.
pub(crate) fn root() -> bool {
    let tried = Command::new("unshare").args(["-m", "-n", "setpriv", "--reuid", "65534", "true"]).status();
    lab(tried.is_ok_and(|status| status.success()), "root, unshare and setpriv")
}

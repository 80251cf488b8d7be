//! The program without a screen, as a script would use it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::{SOON, Watched};

/// What a running chat has printed so far.
#[derive(Default)]
struct Printed {
    json: Vec<Value>,
    errors: String,
    ended: bool,
}

/// A running `lanchat --plain --json` with a profile of its own. Dropping it kills it.
pub struct Chat {
    nick: String,
    child: Child,
    stdin: Option<ChildStdin>,
    printed: Watched<Printed>,
    home: Arc<TempDir>,
}

/// Gives `command` a home of its own and none of the tester's settings.
fn at_home(command: &mut Command) -> Arc<TempDir> {
    let home = Arc::new(tempfile::tempdir().expect("temporary directory"));
    in_home(command, &home);
    home
}

fn in_home(command: &mut Command, home: &TempDir) {
    for (name, _) in std::env::vars_os().filter(|(n, _)| {
        let name = n.to_string_lossy();
        name.starts_with("LANCHAT_") || name.starts_with("XDG_")
    }) {
        command.env_remove(name);
    }
    command.env("HOME", home.path()).arg("--data-dir").arg(home.path().join("data"));
}

impl Chat {
    /// Starts it.
    pub fn start(command: Command, nick: &str) -> Self {
        let home = Arc::new(tempfile::tempdir().expect("temporary directory"));
        Self::start_in(home, command, nick)
    }

    /// Starts it with the profile of another, who has ended.
    pub fn start_in(home: Arc<TempDir>, mut command: Command, nick: &str) -> Self {
        in_home(&mut command, &home);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("lanchat starts");
        let printed = Watched::new(Printed::default());
        let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let out = printed.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                out.change(|p| p.json.push(value));
            }
            out.change(|p| p.ended = true);
        });
        let errors = printed.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                errors.change(|p| p.errors += &(line + "\n"));
            }
        });
        Self { nick: nick.to_owned(), stdin: child.stdin.take(), child, printed, home }
    }

    /// Says lines on its standard input.
    pub fn say(&mut self, lines: &str) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(lines.as_bytes()).and_then(|()| stdin.write_all(b"\n")).expect("its input is read");
        stdin.flush().expect("its input is read");
    }

    /// Waits until what it has printed satisfies `condition`.
    pub fn wait_for<R>(
        &self,
        bound: Duration,
        what: &str,
        mut condition: impl FnMut(&[Value]) -> Option<R>,
    ) -> R {
        let found = self.printed.wait_for(bound, |p| match condition(&p.json) {
            Some(found) => Some(Some(found)),
            None => p.ended.then_some(None), // nothing more can come
        });
        found.flatten().unwrap_or_else(|| {
            self.printed.look(|p| {
                let json: Vec<String> = p.json.iter().map(Value::to_string).collect();
                panic!("{}: no {what}\nprinted:\n{}\n{}", self.nick, json.join("\n"), p.errors)
            })
        })
    }

    /// What `condition` finds in what it prints within `bound`, if anything.
    pub fn within<R>(&self, bound: Duration, mut condition: impl FnMut(&[Value]) -> Option<R>) -> Option<R> {
        self.printed.wait_for(bound, |p| condition(&p.json))
    }

    /// Waits until it knows a peer of this name.
    pub fn meets(&self, name: &str) {
        self.wait_for(SOON, &format!("join of {name}"), |json| {
            (count(json, "join", name, None) > 0).then_some(())
        });
    }

    /// Waits until it has heard this text of this name.
    pub fn hears(&self, from: &str, text: &str) {
        self.wait_for(SOON, &format!("line {text:?} of {from}"), |json| {
            (count(json, "line", from, Some(text)) > 0).then_some(())
        });
    }

    /// Waits until it takes a peer of this name for gone, for this reason: `goodbye` or `timeout`.
    pub fn misses(&self, name: &str, reason: &str) {
        let bound = if reason == "goodbye" { SOON } else { super::PATIENCE };
        let found = self.wait_for(bound, &format!("leave of {name}"), |json| {
            json.iter().find(|v| v["type"] == "leave" && self::name(v) == name).cloned()
        });
        assert_eq!(found["reason"], reason, "{found}");
    }

    /// The texts of all lines heard of this name, in the order printed.
    pub fn texts(&self, from: &str) -> Vec<String> {
        self.printed.look(|p| texts(&p.json, from))
    }

    /// The id of a peer that it knows.
    pub fn id_of(&self, nick: &str) -> [u8; 8] {
        let id = self.wait_for(SOON, &format!("id of {nick}"), |json| {
            let join = json.iter().find(|v| v["type"] == "join" && self::name(v) == nick)?;
            join["peer"].as_str().map(str::to_owned)
        });
        std::array::from_fn(|n| {
            u8::from_str_radix(id.get(2 * n..2 * n + 2).expect("16"), 16).expect("hex digits")
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its profile is.
    pub fn home(&self) -> Arc<TempDir> {
        Arc::clone(&self.home)
    }

    /// All that it has printed.
    pub fn json(&self) -> Vec<Value> {
        self.printed.look(|p| p.json.clone())
    }

    /// What it has written to standard error.
    pub fn errors(&self) -> String {
        self.printed.look(|p| p.errors.clone())
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Ends it as a crash or a power cut would: it can say nothing more.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("its end");
    }

    /// Ends its input and waits for its end.
    pub fn finish(&mut self) -> ExitStatus {
        drop(self.stdin.take());
        let ended = self.printed.wait_for(SOON, |p| p.ended.then_some(()));
        assert!(ended.is_some(), "{} does not end: {:?}", self.nick, self.json());
        self.child.wait().expect("its end")
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name in an object: who said it or whom it is about.
pub fn name(value: &Value) -> &str {
    ["from", "name", "nick"].iter().find_map(|key| value[*key].as_str()).unwrap_or_default()
}

fn count(json: &[Value], kind: &str, from: &str, text: Option<&str>) -> usize {
    json.iter()
        .filter(|v| v["type"] == kind && name(v) == from && text.is_none_or(|t| v["text"] == t))
        .count()
}

/// The texts of the lines of `from`.
pub fn texts(json: &[Value], from: &str) -> Vec<String> {
    let lines = json.iter().filter(|v| v["type"] == "line" && name(v) == from);
    lines.filter_map(|v| v["text"].as_str()).map(str::to_owned).collect()
}

/// A command that has run to its end.
pub struct Run {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub errors: String,
}

impl Run {
    /// Runs `command` with a profile of its own; kills it and panics when it does not end.
    pub fn of(mut command: Command) -> Self {
        let _home = at_home(&mut command);
        Self::as_it_is(command)
    }

    /// As [`Run::of`], with the profile in `home`.
    pub fn in_home(home: &TempDir, mut command: Command) -> Self {
        in_home(&mut command, home);
        Self::as_it_is(command)
    }

    fn as_it_is(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("lanchat starts");
        let (out, errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("pid"));
        let (done, watchdog) = mpsc::channel::<()>();
        let guard = std::thread::spawn(move || {
            let late = watchdog.recv_timeout(super::PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
            if late {
                let _ = kill(pid, Signal::SIGKILL);
            }
            late
        });
        let errors = std::thread::spawn(move || text_of(errors));
        let (out, errors) = (text_of(out), errors.join().expect("its errors"));
        let status = child.wait().expect("its end");
        drop(done);
        assert!(!guard.join().expect("watchdog"), "{command:?} does not end\n{out}\n{errors}");
        Self { code: status.code(), out, errors }
    }

    /// Its output as JSON lines.
    pub fn json(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

fn text_of(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Starts `command` and collects the lines of its output and errors.
pub(super) fn lines_of(mut command: Command) -> Watched<Vec<String>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let printed = Watched::new(Vec::new());
    let (out, errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    for stream in [Box::new(out) as Box<dyn Read + Send>, Box::new(errors)] {
        let printed = printed.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                printed.change(|lines| lines.push(line));
            }
        });
    }
    std::thread::spawn(move || child.wait()); // it ends with its namespace; nothing is left of it then
    printed
}

//! The program on a screen: a pseudo-terminal, and a terminal emulator that knows what a person would see on it.

use std::io::{Read, Write};
use std::num::NonZeroU16;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;
use vt100::{Parser, Screen};

use super::{Host, LANCHAT, PATIENCE, SOON, Watched};

struct Shown {
    parser: Parser,
    bytes: Vec<u8>,
    ended: bool,
}

/// A running `lanchat` on a screen, with a profile of its own. Dropping it kills it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Watched<Shown>,
    modes: [u32; 3],
    home: TempDir,
}

/// What the chat is started with.
fn arguments(home: &TempDir, nick: &str, port: u16) -> Vec<String> {
    let data = home.path().join("data").display().to_string();
    let port = port.to_string();
    let all = ["--interface", "lo", "--host", "SCREEN", "--nick", nick, "--port", &port, "--data-dir", &data];
    all.map(str::to_owned).to_vec()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has at least one cell")
}

impl Terminal {
    /// Starts the chat as `nick` on the loopback interface, on a port of the test's own.
    pub fn start(nick: &str, port: u16, columns: u16, rows: u16) -> Self {
        let home = tempfile::tempdir().expect("temporary directory");
        Self::start_in(home, nick, port, columns, rows)
    }

    /// The terminal goes away with what stands on it, as when its window is closed, once the chat shows the `text` that
    /// was typed and `then` has been done. In a `shell`, that is killed first, so that no signal tells the chat of it.
    /// Gives its home when the chat, or the shell, has ended.
    pub fn closed_after(nick: &str, port: u16, shell: bool, text: &str, then: impl FnOnce()) -> TempDir {
        let home = tempfile::tempdir().expect("temporary directory");
        let chat = arguments(&home, nick, port);
        let mut command = CommandBuilder::new(if shell { "/bin/bash" } else { LANCHAT });
        if shell {
            command.args(["--norc", "--noprofile", "-i"]);
        } else {
            command.args(&chat);
        }
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("HOME", home.path());
        let pair = native_pty_system().openpty(size(100, 24)).expect("pseudo-terminal");
        let mut child = pair.slave.spawn_command(command).expect("lanchat starts");
        drop(pair.slave);
        // Reads have no bound of their own: what hangs is killed, and then they end.
        let mut killer = child.clone_killer();
        let (ended, end) = std::sync::mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            let late = end.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            if late {
                let _ = killer.kill();
            }
            late
        });
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let mut writer = pair.master.take_writer().expect("its input");
        let mut parser = Parser::new(cells(24), cells(100), 0);
        let mut read_until = |text: &str| {
            while !parser.screen().contents().contains(text) {
                let mut buffer = [0; 4096];
                let n = reader.read(&mut buffer).expect("it runs");
                parser.process(&buffer[..n]);
            }
        };
        if shell {
            let start = format!("{LANCHAT} {}\r", chat.join(" "));
            writer.write_all(start.as_bytes()).expect("its input is read");
        }
        read_until("#lobby");
        writer.write_all(text.as_bytes()).and_then(|()| writer.flush()).expect("its input is read");
        read_until(text);
        then();
        if shell {
            child.kill().expect("the shell runs");
        }
        drop((reader, writer, pair.master)); // the last of its terminal
        child.wait().expect("its end");
        drop(ended);
        assert!(!watchdog.join().expect("watchdog"), "it does not end");
        home
    }

    /// Its home.
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// What `lanchat history` prints of what it has kept so far.
    pub fn history(&self, args: &[&str]) -> String {
        let mut command = std::process::Command::new(LANCHAT);
        command.arg("history").args(args).arg("--data-dir").arg(self.home().join("data"));
        let output = command.env("HOME", self.home()).output().expect("lanchat starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// All that it has written so far.
    pub fn bytes(&self) -> String {
        self.shown.look(|s| String::from_utf8_lossy(&s.bytes).into_owned())
    }

    /// Kills it in the middle of whatever it does, unless it has ended, and gives its home.
    pub fn killed(mut self) -> TempDir {
        if self.alive() {
            self.signal(Signal::SIGKILL);
        }
        self.child.wait().expect("its end");
        let home = tempfile::tempdir().expect("temporary directory");
        std::mem::replace(&mut self.home, home)
    }

    /// As [`Terminal::start`], in the home of an earlier start.
    pub fn start_in(home: TempDir, nick: &str, port: u16, columns: u16, rows: u16) -> Self {
        Self::start_with(home, nick, port, (columns, rows), &[])
    }

    /// As [`Terminal::start_in`], with more in its environment.
    pub fn start_with(
        home: TempDir,
        nick: &str,
        port: u16,
        size: (u16, u16),
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(LANCHAT);
        command.args(arguments(&home, nick, port));
        Self::run(home, command, size, environment)
    }

    /// As [`Terminal::start_with`], inside another program, which is told the command line after its own arguments.
    pub fn start_within(
        program: &str,
        first: &[String],
        nick: &str,
        port: u16,
        size: (u16, u16),
        environment: &[(&str, &str)],
    ) -> Self {
        let home = tempfile::tempdir().expect("temporary directory");
        let mut command = CommandBuilder::new(program);
        command.args(first);
        command.arg(LANCHAT);
        command.args(arguments(&home, nick, port));
        Self::run(home, command, size, environment)
    }

    /// An interactive shell with job control; gives also the command line that starts the chat in it.
    pub fn shell(home: TempDir, nick: &str, port: u16, columns: u16, rows: u16) -> (Self, String) {
        let chat = format!("{LANCHAT} {}", arguments(&home, nick, port).join(" "));
        let mut command = CommandBuilder::new("/bin/bash");
        command.args(["--norc", "--noprofile", "-i"]);
        (Self::run(home, command, (columns, rows), &[("PS1", "shell> ")]), chat)
    }

    /// Starts the chat as `nick` on a host of a LAN.
    pub fn start_on(host: Host<'_>, nick: &str, columns: u16, rows: u16) -> Self {
        let inside = host.command(LANCHAT);
        let mut command = CommandBuilder::new(inside.get_program());
        command.args(inside.get_args());
        command.args(["--host", "SCREEN", "--nick", nick]);
        let home = tempfile::tempdir().expect("temporary directory");
        command.arg("--data-dir");
        command.arg(home.path().join("data"));
        Self::run(home, command, (columns, rows), &[])
    }

    fn run(
        home: TempDir,
        mut command: CommandBuilder,
        (columns, rows): (u16, u16),
        environment: &[(&str, &str)],
    ) -> Self {
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", home.path());
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(home.path());
        let pair = native_pty_system().openpty(size(columns, rows)).expect("pseudo-terminal");
        let modes = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).expect("lanchat starts");
        drop(pair.slave); // or the reader would never see the end
        let parser = Parser::new(cells(rows), cells(columns), 0);
        let shown = Watched::new(Shown { parser, bytes: Vec::new(), ended: false });
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let screen = shown.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                screen.change(|s| {
                    s.parser.process(&buffer[..n]);
                    s.bytes.extend_from_slice(&buffer[..n]);
                });
            }
            screen.change(|s| s.ended = true);
        });
        Self { master: pair.master, keys, child, shown, modes, home }
    }

    /// Presses keys, as the bytes that a terminal sends for them.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("its input is read");
    }

    /// Waits until the screen satisfies `condition`.
    pub fn wait_for(&self, what: &str, condition: impl Fn(&Screen) -> bool) {
        let found = self.shown.wait_for(SOON, |s| condition(s.parser.screen()).then_some(()));
        assert!(found.is_some(), "no {what} on the screen:\n{}", self.contents());
    }

    /// Waits until a text stands on the screen.
    pub fn shows(&self, text: &str) {
        self.wait_for(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// What stands on the screen.
    pub fn contents(&self) -> String {
        self.shown.look(|s| s.parser.screen().contents())
    }

    /// All that it has written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shown.look(|s| s.bytes.clone())
    }

    /// How many bytes it has written so far.
    pub fn written(&self) -> usize {
        self.shown.look(|s| s.bytes.len())
    }

    /// Waits until it has written `bytes`, seen or not.
    pub fn writes(&self, bytes: &str) {
        let found = self.shown.wait_for(SOON, |s| {
            s.bytes.windows(bytes.len()).any(|written| written == bytes.as_bytes()).then_some(())
        });
        assert!(found.is_some(), "never written: {bytes:?} in {:?}", self.bytes());
    }

    /// Waits until it has drawn something after the first `before` bytes.
    pub fn draws_after(&self, before: usize) {
        let drawn = self.shown.wait_for(SOON, |s| (s.bytes.len() > before || s.ended).then_some(s.ended));
        assert_eq!(drawn, Some(false), "nothing was drawn:\n{}", self.contents());
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.shown.change(|s| s.parser.screen_mut().set_size(cells(rows), cells(columns)));
        self.master.resize(size(columns, rows)).expect("resize");
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().expect("it runs");
        kill(Pid::from_raw(i32::try_from(pid).expect("pid")), signal).expect("signal");
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits for its end; gives the exit code.
    pub fn end(&mut self) -> u32 {
        let ended = self.shown.wait_for(SOON, |s| s.ended.then_some(()));
        assert!(ended.is_some(), "it does not end:\n{}", self.contents());
        self.child.wait().expect("its end").exit_code()
    }

    /// Checks that the terminal is as it was before the start: the ordinary screen with a cursor, no mode left on, and
    /// the line discipline of a shell.
    pub fn is_restored(&self) {
        self.shown.look(|s| {
            let screen = s.parser.screen();
            assert!(!screen.alternate_screen(), "still on the alternate screen");
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still on");
            let text = String::from_utf8_lossy(&s.bytes).into_owned();
            for (on, off, what) in
                [("\x1b[?1004h", "\x1b[?1004l", "focus"), ("\x1b[>1u", "\x1b[<1u", "keyboard enhancement")]
            {
                assert!(text.rfind(on) <= text.rfind(off), "{what} reports are still on");
            }
        });
        assert_eq!(modes(self.master.as_ref()), self.modes, "the line discipline is not what it was");
    }
}

/// Input, output and local modes of the line discipline.
fn modes(master: &dyn MasterPty) -> [u32; 3] {
    let modes = master.get_termios().expect("termios");
    [modes.input_flags.bits(), modes.output_flags.bits(), modes.local_flags.bits()]
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The passphrase of a locked room: from the terminal, without echo, or from a file or standard input; never from the command
//! line, where every user of the machine can see it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::Failure;
use super::failure::tell;
use crate::chat::limits::MAX_PASSPHRASE;
use crate::chat::{Passphrase, RoomName};

/// Options of commands that can join a locked room.
#[derive(Debug, Args)]
pub(super) struct Lock {
    /// The room is locked; its passphrase is asked for on the terminal, without showing it
    #[arg(long, requires = "room")]
    lock: bool,
    /// With --lock: the passphrase is the first line of this file; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "lock")]
    passphrase_file: Option<PathBuf>,
}

impl Lock {
    /// Whether the passphrase comes from standard input, which then has nothing else.
    pub(super) fn takes_stdin(&self) -> bool {
        self.passphrase_file.as_deref() == Some(Path::new("-"))
    }

    /// The passphrase of `room`; none where it is an open one.
    pub(super) fn passphrase(&self, room: RoomName) -> Result<Option<Passphrase>, Failure> {
        if !self.lock {
            return Ok(None);
        }
        let mut open = false;
        let line = match &self.passphrase_file {
            None => typed(room)?,
            Some(_) if self.takes_stdin() => first_line(io::stdin().lock(), "stdin")?,
            Some(path) => {
                let cannot =
                    |e| Failure::Failed(format!("cannot read {}: {e}; check its name", path.display()));
                let file = File::open(path).map_err(cannot)?;
                open = file.metadata().is_ok_and(|of| of.is_file() && of.mode() & 0o077 != 0);
                first_line(file, &path.display().to_string())?
            }
        };
        let passphrase = Passphrase::new(&line).map_err(|e| Failure::Usage(e.to_string()))?;
        if let Some(path) = self.passphrase_file.as_deref().filter(|_| open) {
            let path = path.display();
            tell(&format!("{path} can be read by others, and so can the room: chmod 600 {path}"));
        }
        Ok(Some(passphrase))
    }
}

/// The first line, read byte by byte, so that nothing after it is taken and no copy of it stays in a buffer.
fn first_line(mut from: impl Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE + 1));
    let mut byte = Zeroizing::new([0]);
    loop {
        match from.read(&mut *byte) {
            Ok(0) => break,
            Ok(_) if *byte == *b"\n" || line.len() > MAX_PASSPHRASE => break,
            Ok(_) => line.extend_from_slice(&*byte),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Failure::Failed(format!("cannot read the passphrase from {name}: {e}"))),
        }
    }
    text(&line)
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    text.push_str(std::str::from_utf8(bytes).map_err(|_| {
        Failure::Usage("the passphrase is not UTF-8 text; choose another or convert the file".to_owned())
    })?);
    Ok(text)
}

/// What the user types on the terminal, wherever stdin and stdout go.
fn typed(room: RoomName) -> Result<Zeroizing<String>, Failure> {
    let none = "there is no terminal to ask for the passphrase on; give --passphrase-file FILE";
    let tty = File::options().read(true).write(true).open("/dev/tty");
    let mut tty = tty.map_err(|_| Failure::Usage(none.to_owned()))?;
    let failed = |e: io::Error| Failure::Failed(format!("cannot ask for the passphrase: {e}; {none}"));
    // First the silence: what is typed at the sight of the question is read, and not shown.
    let silent = Silent::new(&tty).map_err(failed)?;
    write!(&tty, "passphrase of #{}: ", room.as_str()).map_err(failed)?;
    let line = edited(&tty);
    drop(silent);
    let _ = tty.write_all(b"\n"); // the answer counts all the same
    line
}

/// A line as it is typed, with the keys that take something back.
fn edited(mut from: impl Read) -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE + 1));
    let mut byte = Zeroizing::new([0]);
    let given_up = || Failure::Failed("no passphrase was given".to_owned());
    loop {
        match from.read(&mut *byte) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => return Err(given_up()),
            Ok(_) => {}
        }
        match byte[0] {
            b'\r' | b'\n' => return text(&line),
            3 | 4 | 27 => return Err(given_up()), // Ctrl+C, Ctrl+D, Esc
            8 | 127 => while line.pop().is_some_and(|last| last & 0xc0 == 0x80) {},
            21 => line.clear(),
            other if line.len() <= MAX_PASSPHRASE => line.push(other),
            _ => {}
        }
    }
}

/// The terminal without echo, until this is dropped.
struct Silent<'a> {
    tty: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(tty: &'a File) -> io::Result<Self> {
        let before = tcgetattr(tty)?;
        let mut silent = before.clone();
        // Signals are read as keys: else one would leave the terminal without echo.
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(tty, OptionalActions::Flush, &silent)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.tty, OptionalActions::Flush, &self.before); // the terminal may be gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_can_be_taken_back() {
        for (keys, line) in [
            ("secret\n", "secret"),
            ("sek\u{7f}cret\r", "secret"),
            ("grün\u{8}\u{8}un\n", "grun"),
            ("wrong\u{15}right\n", "right"),
        ] {
            assert_eq!(edited(keys.as_bytes()).unwrap().as_str(), line);
        }
        for keys in ["secret", "sec\u{3}ret\n", "\u{4}"] {
            assert!(edited(keys.as_bytes()).is_err(), "{keys:?}");
        }
        let endless = edited(io::repeat(b'x').take(9999).chain(&b"\n"[..])).unwrap();
        assert!(Passphrase::new(&endless).is_err());
    }

    #[test]
    fn of_a_file_the_first_line_counts_and_the_rest_is_left() {
        let mut file = io::Cursor::new(b"secret\nmessage");
        assert_eq!(first_line(&mut file, "x").unwrap().as_str(), "secret");
        let mut rest = String::new();
        file.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "message");
        assert!(first_line(&b"\xff\n"[..], "x").is_err());
    }
}

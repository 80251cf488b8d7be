//! Which background the terminal has. It is asked once (OSC 11, together with a question that every terminal answers, so
//! that one which does not know the first costs no waiting), before the screen is taken. What is typed meanwhile is kept.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Longest wait for a terminal of this machine.
const NEAR: Duration = Duration::from_millis(300);
/// Longest wait over ssh.
const FAR: Duration = Duration::from_secs(2);
/// Variables that only a terminal which a person looks at sets. A bare pseudo-terminal never answers and is not asked.
const SIGNS: [&str; 9] = [
    "COLORTERM",
    "TERM_PROGRAM",
    "VTE_VERSION",
    "XTERM_VERSION",
    "KONSOLE_VERSION",
    "WT_SESSION",
    "TMUX",
    "SSH_CONNECTION",
    "SSH_TTY",
];
/// Parts of the names of terminals that have 256 colours and answer.
const KNOWN: [&str; 6] = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "tmux"];
/// The questions: the background (xterm's OSC 11), and what kind of terminal it is (DA1, as old as the VT100).
const QUESTIONS: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";
/// Bytes read at most while waiting.
const MOST: usize = 4096;

/// What text is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Background {
    /// The name of the theme for it.
    pub fn theme(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// Which one a colour is, as `rgb:1c1c/1c1c/1c1c` or `#1c1c1c`.
    fn of(colour: &str) -> Option<Self> {
        let parts: Vec<&str> = match colour.strip_prefix('#') {
            Some(hex) if hex.len() % 3 == 0 => {
                let wide = hex.len() / 3;
                (0..3).filter_map(|n| hex.get(n * wide..(n + 1) * wide)).collect()
            }
            _ => colour.split_once(':').filter(|(kind, _)| kind.starts_with("rgb"))?.1.split('/').collect(),
        };
        let share = |part: &&str| {
            let most =
                16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|m| *m > 0)?;
            Some(f64::from(u32::from_str_radix(part, 16).ok()?) / f64::from(most))
        };
        let shares: Vec<f64> = parts.iter().take(3).map(share).collect::<Option<_>>()?;
        let [red, green, blue] = shares.as_slice() else { return None };
        // How bright the eye finds it (ITU-R BT.601).
        Some(if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 { Self::Light } else { Self::Dark })
    }
}

/// What came of asking.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The background, if the terminal told.
    pub background: Option<Background>,
    /// What the user typed while it was waited for.
    pub typed: Vec<u8>,
    /// It has not answered: it may do so yet, and that is not typed.
    pub open: bool,
}

/// Asks for the background; none when the terminal does not tell, or has no 256 colours that could be chosen for it.
/// Nothing else may be reading the terminal.
pub fn background() -> Asked {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let term = std::env::var("TERM").unwrap_or_default();
    let signs: Vec<&str> = SIGNS.into_iter().filter(|name| is_set(name)).collect();
    if !can_tell(&term, &signs) || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Asked::default();
    }
    let wait = if signs.iter().any(|sign| sign.starts_with("SSH_")) { FAR } else { NEAR };
    if enable_raw_mode().is_err() {
        return Asked::default();
    }
    let heard = ask(wait);
    let _ = disable_raw_mode(); // the screen takes it in a moment, and tells if that fails
    let (background, typed, answered) = read(&heard.unwrap_or_default());
    Asked { background, typed, open: !answered }
}

/// Asks, and reads until the last question is answered or `wait` is over.
fn ask(wait: Duration) -> io::Result<Vec<u8>> {
    let mut out = io::stdout().lock();
    out.write_all(QUESTIONS)?;
    out.flush()?;
    let stdin = io::stdin();
    #[allow(clippy::disallowed_methods)] // how long a person waits, before there is any driver
    let now = Instant::now;
    let until = now() + wait;
    let mut heard = Vec::new();
    while heard.len() < MOST && !read(&heard).2 {
        let left = until.saturating_duration_since(now());
        let timeout =
            Timespec { tv_sec: left.as_secs().try_into().unwrap_or(0), tv_nsec: left.subsec_nanos().into() };
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; 256];
        match rustix::io::read(&stdin, &mut bytes)? {
            0 => break,
            n => heard.extend_from_slice(bytes.get(..n).unwrap_or_default()),
        }
    }
    Ok(heard)
}

/// The background in what was read, what was typed, and whether the last question is answered.
pub(in crate::tui) fn read(heard: &[u8]) -> (Option<Background>, Vec<u8>, bool) {
    let (mut background, mut typed, mut answered) = (None, Vec::new(), false);
    let mut rest = heard;
    while let Some((first, after)) = rest.split_first() {
        if let Some(colour) = rest.strip_prefix(b"\x1b]11;") {
            let end = colour.iter().position(|b| matches!(b, 7 | 0x1b)).unwrap_or(colour.len());
            let (colour, after) = colour.split_at(end);
            background = str::from_utf8(colour).ok().and_then(Background::of).or(background);
            rest = after.strip_prefix(b"\x1b\\").or(after.strip_prefix(b"\x07")).unwrap_or(after);
        } else if let Some(kind) = rest.strip_prefix(b"\x1b[?") {
            let end = kind.iter().position(|b| !matches!(b, b'0'..=b'9' | b';')).unwrap_or(kind.len());
            let after = kind.get(end..).unwrap_or_default();
            answered |= after.first() == Some(&b'c');
            rest = after.get(1..).unwrap_or_default();
        } else {
            typed.push(*first);
            rest = after;
        }
    }
    (background, typed, answered)
}

/// Whether a terminal of this kind has 256 colours and can be expected to answer.
fn can_tell(term: &str, signs: &[&str]) -> bool {
    let known = KNOWN.iter().any(|known| term.contains(known));
    known
        || (!signs.is_empty()
            && (signs.contains(&"COLORTERM") || term.contains("256") || term.contains("direct")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_are_asked_that_answer_and_have_the_colours() {
        assert!(can_tell("tmux-256color", &[]) && can_tell("xterm-kitty", &[]));
        assert!(can_tell("xterm", &["COLORTERM"]) && can_tell("xterm-256color", &["SSH_TTY"]));
        assert!(!can_tell("xterm-256color", &[]), "a pseudo-terminal of a script");
        assert!(
            !can_tell("linux", &["SSH_TTY"]) && !can_tell("vt100", &[]) && !can_tell("screen", &["TMUX"])
        );
    }

    #[test]
    fn answers_are_parted_from_what_is_typed() {
        use Background::{Dark, Light};
        for (heard, background, typed, answered) in [
            (&b""[..], None, "", false),
            (b"hi", None, "hi", false),
            (b"\x1b[?62;4c", None, "", true),
            (b"h\x1b]11;rgb:ffff/ffff/dddd\x1b\\ey\x1b[?1;2c\r", Some(Light), "hey\r", true),
            (b"\x1b]11;rgb:1c/1c/1c\x07\x1b[?6c", Some(Dark), "", true),
            (b"\x1b]11;rgba:0000/0000/0000/ffff\x07", Some(Dark), "", false),
            (b"\x1b]11;#fafafa\x07", Some(Light), "", false),
            (b"\x1b]11;nothing\x07\x1b[?6c", None, "", true),
            (b"\x1b]11;rgb:ff", None, "", false),
        ] {
            let text = String::from_utf8_lossy(heard);
            assert_eq!(read(heard), (background, typed.as_bytes().to_vec(), answered), "{text:?}");
        }
        for wrong in ["rgb:", "rgb://", "rgb:x/y/z", "#", "#1", "rgb:fffffffff/0/0", "red"] {
            assert_eq!(Background::of(wrong), None, "{wrong}");
        }
    }
}

//! The names of pipes, in the UNC form that programs open them by (Win32 `CreateNamedPipe`, `CallNamedPipe`).

use std::fmt;
use std::str::FromStr;

use crate::netbios::{BadName, Name};

/// Most bytes of a pipe's name, as on Windows.
const NAME_LEN: usize = 255;

/// What follows `\pipe\`: 1 to 255 printable ASCII characters. Its case is kept but means nothing.
#[derive(Debug, Clone)]
pub struct PipeName(Box<str>);

/// Where a pipe is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipePath {
    /// `\\.\pipe\x`: of this user, on this machine.
    Local(PipeName),
    /// `\\machine\pipe\x`: on one machine of the network.
    Remote {
        /// The machine.
        machine: Name,
        /// The pipe there.
        pipe: PipeName,
    },
}

/// Why a text is not the path of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not of the form `\\…\pipe\…`.
    #[error(r"this is not the path of a pipe; write it as \\.\pipe\name or \\computer\pipe\name")]
    NotAPipe,
    /// The part after `pipe\` cannot be a name.
    #[error(r"a pipe's name is 1 to 255 printable ASCII characters, in parts divided by single \")]
    Pipe,
    /// The part before `\pipe` cannot be the name of a machine.
    #[error("{0}")]
    Machine(BadName),
}

impl PathError {
    /// The Win32 error code.
    pub fn code(self) -> u32 {
        match self {
            Self::NotAPipe | Self::Pipe => 123, // ERROR_INVALID_NAME
            Self::Machine(_) => 53,             // ERROR_BAD_NETPATH
        }
    }
}

impl PipeName {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PipeName {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let name = text.replace('/', "\\");
        let printable = name.bytes().all(|b| matches!(b, b' '..=b'~'));
        if name.len() > NAME_LEN || !printable || name.split('\\').any(str::is_empty) {
            return Err(PathError::Pipe);
        }
        Ok(Self(name.into()))
    }
}

impl PartialEq for PipeName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for PipeName {}

impl fmt::Display for PipeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PipePath {
    /// The pipe's name.
    pub fn pipe(&self) -> &PipeName {
        match self {
            Self::Local(pipe) | Self::Remote { pipe, .. } => pipe,
        }
    }
}

impl FromStr for PipePath {
    type Err = PathError;

    /// Reads a path; `/` is as good as `\`, and case does not matter.
    fn from_str(text: &str) -> Result<Self, PathError> {
        let text = text.replace('/', "\\");
        let rest = text.strip_prefix(r"\\").ok_or(PathError::NotAPipe)?;
        let mut parts = rest.splitn(3, '\\');
        let (machine, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if machine.is_empty() || machine == "*" || !kind.eq_ignore_ascii_case("pipe") {
            return Err(PathError::NotAPipe);
        }
        let pipe = parts.next().unwrap_or_default().parse()?;
        Ok(match machine {
            "." => Self::Local(pipe),
            _ => Self::Remote {
                machine: Name::new(machine, Name::WORKSTATION).map_err(PathError::Machine)?,
                pipe,
            },
        })
    }
}

impl fmt::Display for PipePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(pipe) => write!(f, r"\\.\pipe\{pipe}"),
            Self::Remote { machine, pipe } => write!(f, r"\\{}\pipe\{pipe}", machine.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_shown() {
        let shown = |text: &str| text.parse().map(|p: PipePath| p.to_string());
        assert_eq!(shown(r"\\.\PIPE\Sms").unwrap(), r"\\.\pipe\Sms");
        assert_eq!(shown("//bob/pipe/a/b").unwrap(), r"\\BOB\pipe\a\b");
        for text in ["", "sms", r"\\.\mailslot\x", r"\\*\pipe\x", r"\\\pipe\x", r"\\.\"] {
            assert_eq!(shown(text), Err(PathError::NotAPipe), "{text}");
        }
        for text in [r"\\.\pipe", r"\\.\pipe\", r"\\.\pipe\a\\b", "\\\\.\\pipe\\\u{e9}"] {
            assert_eq!(shown(text), Err(PathError::Pipe), "{text}");
        }
        assert_eq!(shown(r"\\a-name-that-is-too-long\pipe\x").unwrap_err().code(), 53);
        assert_eq!(shown("x").unwrap_err().code(), 123);
        assert_eq!("A/b".parse::<PipeName>().unwrap(), r"a\B".parse().unwrap());
    }
}

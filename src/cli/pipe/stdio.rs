//! Stdin and stdout as the ends of a pipe.

use std::io::{self, IsTerminal};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Stdin, Stdout};

use super::super::Failure;
use crate::pipe::{Mode, hello};
use crate::text::SafeText;

/// Bytes of stdin that are sent at once in byte mode.
const CHUNK: usize = 256 << 10;

/// Stdin: lines, or bytes as they come.
pub(super) struct Input {
    stdin: BufReader<Stdin>,
    mode: Mode,
    /// What has been read of a line: a read that is cancelled loses nothing.
    line: Vec<u8>,
}

impl Input {
    pub(super) fn new(mode: Mode) -> Self {
        Self { stdin: BufReader::with_capacity(CHUNK, tokio::io::stdin()), mode, line: Vec::new() }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let failed = |e: io::Error| Failure::Failed(format!("cannot read stdin: {e}; start again"));
        if self.mode == Mode::Byte {
            let bytes = self.stdin.fill_buf().await.map_err(failed)?.to_vec();
            self.stdin.consume(bytes.len());
            return Ok((!bytes.is_empty()).then_some(bytes));
        }
        let most = u64::from(hello::MAX_MESSAGE) + 1;
        let left = most.saturating_sub(u64::try_from(self.line.len()).unwrap_or(most));
        (&mut self.stdin).take(left).read_until(b'\n', &mut self.line).await.map_err(failed)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        Ok(Some(line))
    }
}

/// Stdout: a line for each message, or bytes as they came. A terminal gets only what is safe to show.
pub(super) struct Output {
    stdout: Stdout,
    mode: Mode,
    terminal: bool,
}

impl Output {
    pub(super) fn new(mode: Mode) -> Self {
        Self { stdout: tokio::io::stdout(), mode, terminal: io::stdout().is_terminal() }
    }

    pub(super) async fn print(&mut self, message: &[u8]) -> Result<(), Failure> {
        if self.mode == Mode::Byte {
            self.stdout.write_all(message).await?;
        } else {
            let mut line = if self.terminal {
                SafeText::clean(&String::from_utf8_lossy(message)).as_str().as_bytes().to_vec()
            } else {
                message.to_vec()
            };
            line.push(b'\n');
            self.stdout.write_all(&line).await?;
        }
        Ok(self.stdout.flush().await?)
    }
}

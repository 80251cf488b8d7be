//! One pipe, joined with stdin and stdout.

use std::io::{self, IsTerminal};

use super::super::Failure;
use super::stdio::{Input, Output};
use crate::pipe::{Pipe, PipeError};

/// Joins a pipe with stdin and stdout until both ways have ended, or until nobody is there to be waited for.
pub(super) async fn bridge(pipe: Pipe) -> Result<(), Failure> {
    let mode = pipe.mode();
    let (mut reader, mut writer) = pipe.split();
    let send = async {
        let mut input = Input::new(mode);
        while let Some(data) = input.next().await? {
            match writer.write(&data).await {
                // The pipe goes the other way: what comes from there says more.
                Err(PipeError::WrongWay) => return Ok(Said::All),
                Err(PipeError::NoReader) => return Ok(Said::InVain),
                written => written?,
            }
        }
        match writer.finish().await {
            Err(PipeError::NoReader) => Ok(Said::All), // but for the end, which says nothing
            finished => finished.map(|()| Said::All).map_err(Failure::from),
        }
    };
    let mut output = Output::new(mode);
    let print = async {
        loop {
            match reader.read().await {
                Ok(message) => output.print(&message).await?,
                Err(PipeError::Closed | PipeError::WrongWay) => return Ok(()),
                Err(error) => return Err(Failure::from(error)),
            }
        }
    };
    tokio::pin!(send, print);
    tokio::select! {
        printed = &mut print => {
            printed?;
            // A person who still could type need not; the rest of a file is sent.
            if io::stdin().is_terminal() { Ok(()) } else { send.await?.heard() }
        }
        said = &mut send => {
            let said = said?;
            print.await?; // it may say better why nobody listens
            said.heard()
        }
    }
}

/// What became of stdin.
enum Said {
    All,
    /// Nobody took the last part of it.
    InVain,
}

impl Said {
    /// A file that has been taken in part only is no success.
    fn heard(self) -> Result<(), Failure> {
        match self {
            Self::All => Ok(()),
            Self::InVain => Err(PipeError::NoReader.into()),
        }
    }
}

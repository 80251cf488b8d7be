//! The hash of a file's beginning, in steps, so that other transfers go on meanwhile.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes between two steps.
const STEP: usize = 1 << 20;

/// The hash of the first `length` bytes; none if there are fewer. Leaves the file's position behind them.
pub(super) async fn hash_of(file: &mut File, length: u64) -> io::Result<Option<blake3::Hasher>> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; STEP];
    let mut left = length;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(STEP).min(STEP);
        let got = match file.read(buffer.get_mut(..most).unwrap_or_default()) {
            Ok(0) => return Ok(None),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(buffer.get(..got).unwrap_or_default());
        left -= u64::try_from(got).unwrap_or(left);
        tokio::task::yield_now().await;
    }
    Ok(Some(hasher))
}

//! Programs of the user's that are asked for something: the one that opens an address.

use std::process::{Command, Stdio};

/// What opens an address where the settings do not say.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Has `address` opened by `program`, words parted by spaces, or, if there are none, by the one of the system. Returns when it has been
/// started, not when it ends.
///
/// # Errors
/// When it cannot be started; the message says what to do.
pub(super) fn open(program: &str, address: &str) -> Result<(), String> {
    let mut words = program.split_whitespace();
    let name = words.next().unwrap_or(OPENER);
    let started = Command::new(name)
        .args(words)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.map_err(|e| {
        format!(
            "cannot run {name}: {e}; y copies the address, open_with in the settings changes what opens it"
        )
    })?;
    std::thread::spawn(move || {
        let _ = child.wait(); // so that it does not stay as a zombie
    });
    Ok(())
}

//! What this process may do: less than it was given, as soon as that is no longer needed.
//!
//! To use port 138 without being root, the program may carry a file capability (capabilities(7)). Only binding needs it. What
//! reads the network for hours afterwards has none.

use caps::{CapSet, CapsHashSet};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Uid;

/// Files that this process makes from now on are for its user alone.
pub fn keep_files_private() {
    umask(Mode::from_bits_truncate(0o077));
}

/// Gives up every capability of this thread and of the threads that it starts from now on. Root keeps them, since its rights to
/// its own files are among them; a user has none but those of the program's file.
///
/// # Errors
/// When the kernel refuses, as a kernel without capabilities does.
pub fn drop_capabilities() -> Result<(), String> {
    let held = caps::read(None, CapSet::Permitted).map_err(|e| e.to_string())?;
    if held.is_empty() || Uid::effective().is_root() {
        return Ok(());
    }
    let none = CapsHashSet::new();
    // Ambient ones first: they cannot outlive the others. A kernel before 4.3 has none.
    let _ = caps::set(None, CapSet::Ambient, &none);
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        caps::set(None, set, &none).map_err(|e| e.to_string())?;
    }
    Ok(())
}

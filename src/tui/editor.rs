//! Writing a message in the user's own editor.

use std::io::Write;
use std::process::Stdio;

use tokio::process::Command;

/// The editor where the user names none.
const USUAL: &str = "vi";

/// Lets the user edit `text`. The editor has the terminal, so nothing else may read it meanwhile. Ends with the editor if
/// it is dropped.
///
/// # Errors
/// One line for the user; then the text is to stay as it was.
pub(super) async fn edit(text: String) -> Result<String, String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| USUAL.to_owned());
    edit_with(&editor, &text).await
}

async fn edit_with(editor: &str, text: &str) -> Result<String, String> {
    let no_file =
        |e: std::io::Error| format!("no temporary file for the editor: {e}; free some space in $TMPDIR");
    // Mode 600, and removed when this ends.
    let mut file = tempfile::Builder::new().prefix("lanchat-").suffix(".txt").tempfile().map_err(no_file)?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(no_file)?;
    let path = file.into_temp_path(); // editors put a new file in the place of the old one
    // As everywhere, the variable is a command of the shell: it may hold options.
    let status = Command::new("/bin/sh")
        .args(["-c", &format!("{editor} \"$@\""), "sh"])
        .arg(&path)
        .stdin(Stdio::inherit())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|e| format!("cannot start the editor {editor:?}: {e}; set EDITOR"))?;
    match status.code() {
        Some(0) => {}
        Some(127) => return Err(format!("there is no editor {editor:?}; set EDITOR to one that is there")),
        _ => return Err(format!("the editor {editor:?} has failed ({status}); the message is as it was")),
    }
    let bytes = std::fs::read(&path)
        .map_err(|e| format!("the editor {editor:?} has left no text: {e}; the message is as it was"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_text_comes_back_changed() {
        let text = edit_with("sed -i s/one/two/", "one\nline").await;
        assert_eq!(text.as_deref(), Ok("two\nline"));
    }

    #[tokio::test]
    async fn failures_are_one_clear_line() {
        let failed = edit_with("false", "x").await.unwrap_err();
        assert_eq!(failed, "the editor \"false\" has failed (exit status: 1); the message is as it was");
        let failed = edit_with("no-such-editor -x 2>/dev/null", "x").await.unwrap_err();
        assert_eq!(
            failed,
            "there is no editor \"no-such-editor -x 2>/dev/null\"; set EDITOR to one that is there"
        );
        let failed = edit_with("rm", "x").await.unwrap_err();
        assert!(failed.starts_with("the editor \"rm\" has left no text"), "{failed}");
    }
}

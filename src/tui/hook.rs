//! The user's own command for calls: it gets one JSON object on stdin.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::model::Call;

/// Most commands that run at once; calls beyond are dropped.
const MOST: usize = 4;
/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(30);

/// The commands that run. Dropping it ends them.
#[derive(Debug, Default)]
pub(super) struct Hook {
    running: JoinSet<Result<(), (Vec<String>, String)>>,
    /// The command whose failure was told last.
    told: Vec<String>,
}

impl Hook {
    /// Runs `words`, a program and its arguments, for a call.
    pub(super) fn call(&mut self, words: &[String], call: &Call) {
        let Some((program, args)) = words.split_first().filter(|_| self.running.len() < MOST) else {
            return;
        };
        let said = json!({
            "type": call.reason.as_str(),
            "room": call.room.as_str(),
            "from": call.from.as_str(),
            "text": call.text.as_str(),
            "sent_at": call.sent_at,
        });
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let (program, words) = (program.clone(), words.to_vec());
        self.running.spawn(async move {
            let failed = |what: String| {
                (words.clone(), format!("notify_command {program:?} {what}; mend it in the file of settings"))
            };
            let mut child = command.spawn().map_err(|e| failed(format!("cannot be started: {e}")))?;
            if let Some(mut stdin) = child.stdin.take() {
                let _ = stdin.write_all(format!("{said}\n").as_bytes()).await; // it need not read it
            }
            match timeout(LONGEST, child.wait()).await {
                Ok(Ok(status)) if status.success() => Ok(()),
                Ok(Ok(status)) => Err(failed(format!("has failed ({status})"))),
                Ok(Err(e)) => Err(failed(format!("is lost: {e}"))),
                Err(_) => Err(failed(format!("takes longer than {} s", LONGEST.as_secs()))),
            }
        });
    }

    /// Waits for the next failure that is worth telling: the first of a command. For ever if there is none.
    pub(super) async fn failure(&mut self) -> String {
        loop {
            match self.running.join_next().await {
                Some(Ok(Err((words, failure)))) if self.told != words => {
                    self.told = words;
                    return failure;
                }
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SafeText;
    use crate::tui::model::Reason;

    fn call() -> Call {
        let clean = SafeText::clean;
        let (room, from, text) = (clean("lobby"), clean("bob"), clean("say \"hi\""));
        Call { reason: Reason::Mention, room, from, text, sent_at: 7 }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn the_command_gets_the_call_as_json() {
        let dir = tempfile::tempdir().unwrap();
        let mut hook = Hook::default();
        let file = dir.path().join("call");
        let script = format!("cat > {0}.new && mv {0}.new {0}; exit 3", file.display());
        hook.call(&words(&["sh", "-c", &script]), &call());
        let failure = timeout(LONGEST, hook.failure()).await.unwrap();
        assert_eq!(
            failure,
            "notify_command \"sh\" has failed (exit status: 3); mend it in the file of settings"
        );
        let got: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(
            (&got["type"], &got["from"], &got["text"]),
            (&"mention".into(), &"bob".into(), &"say \"hi\"".into())
        );
    }

    #[tokio::test]
    async fn few_run_at_once_and_a_failure_is_told_once() {
        let mut hook = Hook::default();
        hook.call(&[], &call());
        for _ in 0..20 {
            hook.call(&words(&["/no/such/program"]), &call());
        }
        assert_eq!(hook.running.len(), MOST);
        assert!(timeout(LONGEST, hook.failure()).await.unwrap().contains("cannot be started"));
        hook.call(&words(&["/no/such/program"]), &call());
        tokio::select! {
            biased;
            again = hook.failure() => panic!("{again}"),
            () = async { while !std::future::ready(true).await {} } => {}
        }
        hook.call(&words(&["/nor/this/one"]), &call());
        assert!(timeout(LONGEST, hook.failure()).await.unwrap().contains("/nor/this/one"));
    }
}

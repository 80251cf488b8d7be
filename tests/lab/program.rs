//! Programs made of the library: in a thread of the test that is on a host, or as a process of another user.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::{Host, Watched};

impl Host<'_> {
    /// Runs `work` on this host, in a tokio runtime of its own.
    pub fn run<F: Future>(self, work: impl FnOnce() -> F + Send) -> F::Output
    where
        F::Output: Send,
    {
        std::thread::scope(|scope| {
            let running = scope.spawn(move || {
                self.enter();
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async { work().await })
            });
            running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Runs the test called `test` of this test program on this host, as a process of its own under the user with this
    /// number, with `variables` in its environment. Gives what it prints.
    pub fn run_test_as(
        self,
        user: u32,
        test: &str,
        variables: &[(&str, &str)],
    ) -> (TempDir, Watched<Vec<String>>) {
        // Another user may not reach the program where it was built. It is copied by another program: a file that this
        // one writes would be held open by what its other threads start meanwhile, and could not be run.
        let dir = tempfile::tempdir().expect("temporary directory");
        let program = dir.path().join("program");
        let this = std::env::current_exe().expect("this program");
        super::system("cp", &[&this.to_string_lossy(), &program.to_string_lossy()], "");
        for path in [dir.path(), &program] {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("chmod");
        }
        let mut command = self.command("setpriv");
        command.arg(format!("--reuid={user}")).args(["--clear-groups", "--"]);
        command.arg(&program).args([test, "--exact", "--nocapture", "--test-threads=1"]);
        command.envs(variables.iter().copied());
        (dir, super::chat::lines_of(command))
    }
}

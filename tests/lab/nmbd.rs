//! Samba's name service and browser, with all its files in a place of its own.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::{Host, PATIENCE, Watched, tries};

/// Samba's nmbd on a host, with all its directories in a place of its own.
pub struct Nmbd {
    dir: tempfile::TempDir,
    log: Watched<Vec<String>>,
}

impl Nmbd {
    /// Starts it.
    pub fn start(host: Host<'_>, name: &str) -> Self {
        let dir = tempfile::tempdir().expect("nmbd");
        let path = dir.path().display();
        let directories = ["lock", "state", "cache", "pid", "private"].map(|d| {
            std::fs::create_dir(dir.path().join(d)).expect("nmbd");
            format!("{d} {} = {path}/{d}\n", if d == "private" { "dir" } else { "directory" })
        });
        let settings = format!(
            "[global]\nnetbios name = {name}\nworkgroup = WORKGROUP\ninterfaces = e0\nbind interfaces only = yes\n\
             local master = no\ndisable netbios = no\nlog file = {path}/log\nnmbd:socket dir = {path}/nmbd\n{}",
            directories.concat()
        );
        std::fs::write(dir.path().join("smb.conf"), settings).expect("nmbd");
        let conf = dir.path().join("smb.conf");
        let args = ["-F", "--no-process-group", "--debug-stdout", "-s", conf.to_str().expect("nmbd")];
        let log = host.printed_by("nmbd", &args);
        Self { dir, log }
    }

    /// Its settings, which Samba's other programs want as well.
    pub fn conf(&self) -> PathBuf {
        self.dir.path().join("smb.conf")
    }

    /// What it logs.
    pub fn log(&self) -> String {
        self.log.look(|lines| lines.join("\n"))
    }

    /// Waits until it has logged a line with this text.
    pub fn logs(&self, text: &str) {
        let logged =
            self.log.wait_for(super::SOON, |lines| lines.iter().any(|l| l.contains(text)).then_some(()));
        assert!(logged.is_some(), "no {text} in\n{}", self.log());
    }

    /// Fails when it has logged that a packet was malformed.
    pub fn complains_of_nothing(&self) {
        let log = self.log();
        assert!(!log.contains("malformed"), "{log}");
    }

    /// Waits until it answers for its name.
    pub fn answers(&self, asker: Host<'_>, name: &str, address: Ipv4Addr) {
        let conf = self.conf();
        let answer = tries(PATIENCE).find_map(|_| {
            let mut ask = asker.command("nmblookup");
            ask.arg("-s").arg(&conf).args(["-B", "10.77.0.255", name]);
            let output = ask.output().expect("nmbd");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.contains(&format!("{address} {name}<00>")).then_some(())
        });
        assert!(answer.is_some(), "{name} does not answer:\n{}", self.log());
    }
}

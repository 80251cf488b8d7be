//! What the user wrote: messages sent before, for going back to them, and drafts. JSON files of mode 600.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Profile, ProfileError, file};

const SENT: &str = "sent.json";
const DRAFTS: &str = "drafts.json";

impl Profile {
    /// Messages sent before, newest last; none if there are none or the file is damaged.
    pub fn sent(&self) -> Result<Vec<String>, ProfileError> {
        read(&self.dir.join(SENT))
    }

    /// Replaces the messages sent before. The caller bounds them.
    pub fn keep_sent(&self, sent: &[String]) -> Result<(), ProfileError> {
        self.keep(SENT, &sent)
    }

    /// What was being written, by room; nothing if the file is damaged.
    pub fn drafts(&self) -> Result<BTreeMap<String, String>, ProfileError> {
        read(&self.dir.join(DRAFTS))
    }

    /// Replaces the drafts.
    pub fn keep_drafts(&self, drafts: &BTreeMap<String, String>) -> Result<(), ProfileError> {
        self.keep(DRAFTS, drafts)
    }

    pub(super) fn keep(&self, name: &str, what: &impl Serialize) -> Result<(), ProfileError> {
        let _alone = self.alone()?;
        let path = self.dir.join(name);
        let text = serde_json::to_vec(what).map_err(|e| ProfileError::write(&path, e.into()))?;
        file::replace(&path, &text)
    }
}

pub(super) fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, ProfileError> {
    let text = file::read(path)?.map(|(text, _)| text);
    // Neither is worth refusing to start for.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn kept_for_the_owner_only_and_damage_is_no_matter() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        assert!(profile.sent().unwrap().is_empty() && profile.drafts().unwrap().is_empty());
        profile.keep_sent(&["a\nb".to_owned()]).unwrap();
        profile.keep_drafts(&BTreeMap::from([("lobby".to_owned(), "ä".to_owned())])).unwrap();
        assert_eq!(profile.sent().unwrap(), ["a\nb"]);
        assert_eq!(profile.drafts().unwrap()["lobby"], "ä");
        for name in [SENT, DRAFTS] {
            let path = profile.dir().join(name);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::write(path, "half a fi").unwrap();
        }
        assert!(profile.sent().unwrap().is_empty() && profile.drafts().unwrap().is_empty());
    }
}

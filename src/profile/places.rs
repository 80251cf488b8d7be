//! Where the user was when an earlier run ended, as the screen names it: a JSON file of mode 600.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::written::read;
use super::{Profile, ProfileError};

const PLACES: &str = "places.json";

/// The places of the chat: rooms by name, private conversations by `@` and the peer's id. Whoever reads it bounds it, and
/// passes over what it does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Places {
    /// Those that were open, in their order.
    pub open: Vec<String>,
    /// The one that was shown.
    pub shown: Option<String>,
    /// Where other lines call the user than elsewhere: `none`, `mention`, `all`.
    pub notify: BTreeMap<String, String>,
    /// The names of those with whom there are private conversations.
    pub names: BTreeMap<String, String>,
}

impl Profile {
    /// Where the user was; nowhere if the file is damaged.
    pub fn places(&self) -> Result<Places, ProfileError> {
        read(&self.dir.join(PLACES))
    }

    /// Replaces it.
    pub fn keep_places(&self, places: &Places) -> Result<(), ProfileError> {
        self.keep(PLACES, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_damage_is_no_matter() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        assert_eq!(profile.places().unwrap(), Places::default());
        let notify = BTreeMap::from([("lunch".to_owned(), "all".to_owned())]);
        let kept = Places { open: vec!["lobby".into(), "@x".into()], notify, ..Places::default() };
        profile.keep_places(&kept).unwrap();
        assert_eq!(profile.places().unwrap(), kept);
        let path = profile.dir().join(PLACES);
        std::fs::write(&path, r#"{"open": ["lobby"], "future": 1}"#).unwrap();
        assert_eq!(profile.places().unwrap().open, ["lobby"]);
        std::fs::write(&path, "half a fi").unwrap();
        assert_eq!(profile.places().unwrap(), Places::default());
    }
}

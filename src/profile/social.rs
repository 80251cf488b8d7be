//! Which rooms the user is in, and whom the user does not want to hear.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ProfileError, file};
use crate::chat::{PeerId, RoomName};

/// Most of each that are read or kept: more than anybody has, and little to read at each start.
const MOST: usize = 4096;

/// Both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Social {
    /// The rooms to be in at the next start. Of locked rooms only the names are kept.
    pub rooms: Vec<RoomName>,
    /// Whose lines are not shown.
    pub ignored: Vec<PeerId>,
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Names {
    rooms: Vec<String>,
    ignored: Vec<String>,
}

impl Social {
    /// What the file says; names that cannot be are passed over. Nothing where there is no file.
    pub(super) fn load(path: &Path) -> Result<Self, ProfileError> {
        let Some((text, _)) = file::read(path)? else { return Ok(Self::default()) };
        let names: Names = serde_json::from_str(&text).map_err(|_| ProfileError::Damaged {
            path: path.to_owned(),
            what: "it holds no lists of rooms and of ignored people",
            cure: "put back a copy of it, or move it away",
        })?;
        Ok(Self {
            rooms: names.rooms.iter().take(MOST).filter_map(|name| RoomName::from_shown(name).ok()).collect(),
            ignored: names.ignored.iter().take(MOST).filter_map(|id| id.parse().ok()).collect(),
        })
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), ProfileError> {
        let names = Names {
            rooms: self.rooms.iter().take(MOST).map(ToString::to_string).collect(),
            ignored: self.ignored.iter().take(MOST).map(ToString::to_string).collect(),
        };
        let mut text =
            serde_json::to_string_pretty(&names).map_err(|e| ProfileError::write(path, e.into()))?;
        text.push('\n');
        file::replace(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_bad_names_do_not_hurt() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("social.json");
        assert_eq!(Social::load(&path).unwrap(), Social::default());
        let kept = Social {
            rooms: vec![
                "lunch".parse().unwrap(),
                "日本".parse().unwrap(),
                "dev".parse::<RoomName>().unwrap().to_locked(),
            ],
            ignored: vec![PeerId([7; 8])],
        };
        kept.save(&path).unwrap();
        assert_eq!(Social::load(&path).unwrap(), kept);
        std::fs::write(&path, r#"{"rooms": ["a b", "ok"], "future": 1}"#).unwrap();
        assert_eq!(Social::load(&path).unwrap().rooms, ["ok".parse().unwrap()]);
        std::fs::write(&path, "rooms").unwrap();
        assert!(matches!(Social::load(&path), Err(ProfileError::Damaged { .. })));
    }
}

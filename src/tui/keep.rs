//! Keeps what is being written, what was sent and where the user was in the profile, so that a restart loses nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::command;
use super::model::Model;
use super::update::Msg;
use crate::profile::{Places, Profile, ProfileError};

/// Changes are written together, this long after the first of them.
const TOGETHER: Duration = Duration::from_secs(2);

/// What has been written so far. Without a profile nothing is kept.
#[derive(Debug, Default)]
pub(super) struct Keep {
    profile: Option<Profile>,
    seen: u64,
    sent: Vec<String>,
    drafts: BTreeMap<String, String>,
    places: Places,
    placed: Option<u64>,
    due: Option<Instant>,
    writing: Option<JoinHandle<Result<(), ProfileError>>>,
}

impl Keep {
    /// Reads what an earlier run kept; a file that cannot be read is told and begun anew.
    pub(super) fn read(profile: Option<Profile>, model: &mut Model) -> (Self, Vec<Msg>) {
        let Some(profile) = profile else { return (Self::default(), Vec::new()) };
        let sent = profile.sent().unwrap_or_default();
        let drafts = profile.drafts().unwrap_or_default();
        let mut others = drafts.clone();
        let draft = others.remove(model.room.as_str()).unwrap_or_default();
        model.kept_drafts = others.into_iter().filter(|(_, text)| command::may_be_kept(text)).collect();
        let places = profile.places().unwrap_or_default();
        model.remember(places.clone());
        let told = Msg::Written { draft, sent: sent.clone() };
        (Self { profile: Some(profile), sent, drafts, places, ..Self::default() }, vec![told])
    }

    /// The model may have changed at `now`.
    pub(super) fn look(&mut self, model: &Model, now: Instant) {
        let seen = (model.composer.revision(), model.places_changed());
        if self.profile.is_some() && seen != (self.seen, self.placed) {
            (self.seen, self.placed) = seen;
            self.due.get_or_insert(now + TOGETHER);
        }
    }

    /// When there is something to write.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes what has changed, beside the loop.
    pub(super) fn write(&mut self, model: &Model) {
        if self.writing.as_ref().is_some_and(|task| !task.is_finished()) {
            self.due = Some(Instant::now() + TOGETHER); // the disk is slow
            return;
        }
        if let Some(work) = self.work(model) {
            self.writing = Some(tokio::task::spawn_blocking(work));
        }
    }

    /// Writes what has changed and returns when that is done; nothing can be told any more.
    pub(super) async fn finish(mut self, model: &Model) {
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
        if let Some(work) = self.work(model) {
            let _ = tokio::task::spawn_blocking(work).await;
        }
    }

    fn work(&mut self, model: &Model) -> Option<impl FnOnce() -> Result<(), ProfileError> + Send + use<>> {
        self.due = None;
        let profile = self.profile.clone()?;
        let sent: Vec<String> =
            model.composer.sent().iter().filter(|text| command::may_be_kept(text)).cloned().collect();
        // Those of places that were not opened stay as they are.
        let mut drafts = model.kept_drafts.clone();
        drafts.extend(model.drafts());
        // What a search shows is not what is being written; it stays as it was until the search ends.
        if model.composer.searched().is_some() {
            let before = self.drafts.get(model.room.as_str()).cloned().unwrap_or_default();
            drafts.insert(model.room.to_string(), before);
        }
        drafts.retain(|_, text| !text.is_empty() && command::may_be_kept(text));
        let new_sent = (sent != self.sent).then(|| sent.clone());
        let new_drafts = (drafts != self.drafts).then(|| drafts.clone());
        (self.sent, self.drafts) = (sent, drafts);
        let places = model.places_changed().map(|_| model.places());
        let new_places = places.filter(|places| *places != self.places);
        if let Some(places) = &new_places {
            self.places.clone_from(places);
        }
        (new_sent.is_some() || new_drafts.is_some() || new_places.is_some()).then_some(move || {
            if let Some(sent) = new_sent {
                profile.keep_sent(&sent)?;
            }
            if let Some(drafts) = new_drafts {
                profile.keep_drafts(&drafts)?;
            }
            if let Some(places) = new_places {
                profile.keep_places(&places)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PeerId;

    fn model() -> Model {
        Model::new(PeerId([9; 8]), &"me".parse().unwrap())
    }

    #[tokio::test]
    async fn a_restart_finds_what_was_written_and_no_secret() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let mut m = model();
        let (mut keep, told) = Keep::read(Some(profile.clone()), &mut m);
        assert_eq!(told, [Msg::Written { draft: String::new(), sent: Vec::new() }]);
        for text in ["said", "/join room secret", "/jion room secret", "/lock secret", "/me waves"] {
            m.composer.set(text);
            m.composer.take();
        }
        m.composer.insert("half a tho");
        let now = Instant::now();
        keep.look(&m, now);
        keep.look(&m, now + TOGETHER / 2);
        assert_eq!(keep.due(), Some(now + TOGETHER));
        keep.finish(&m).await;
        let (mut keep, told) = Keep::read(Some(profile.clone()), &mut m);
        let sent = vec!["said".to_owned(), "/me waves".to_owned()];
        assert_eq!(told, [Msg::Written { draft: "half a tho".into(), sent }]);
        m.composer.set("/lock secret");
        keep.look(&m, now);
        keep.finish(&m).await;
        assert_eq!(profile.drafts().unwrap().len(), 0);
        for file in std::fs::read_dir(profile.dir()).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[tokio::test]
    async fn without_a_profile_nothing_is_kept() {
        let (mut keep, told) = Keep::read(None, &mut model());
        let mut m = model();
        m.composer.insert("x");
        keep.look(&m, Instant::now());
        assert_eq!((told, keep.due()), (Vec::new(), None));
        keep.finish(&m).await;
    }
}

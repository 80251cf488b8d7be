//! For which lines the user is called: `/notify`, for the place that is shown.

use crate::tui::model::{Level, Model, Notify};

/// `/notify`.
pub(super) fn command(model: &mut Model, level: Option<&str>) {
    let place = model.place();
    match level.map(|level| (level, level.parse::<Notify>())) {
        None => {}
        Some((_, Ok(level))) => model.set_notify(place, Some(level)),
        Some(("default", _)) => model.set_notify(place, None),
        Some((_, Err(bad))) => return model.notice(Level::Error, &format!("{bad}: /notify mention")),
    }
    let told = match model.notify_in(place) {
        Notify::None => "no line calls you",
        Notify::Mention => "private lines and those that mention you call you",
        Notify::All => "every line calls you",
    };
    let (name, level) = (model.place_name(place), model.notify_in(place).as_str());
    let whence = if model.has_notify(place) {
        format!("{level}; /notify default takes what counts everywhere: {}", model.prefs.notify.as_str())
    } else {
        format!("{level}, as everywhere; /set notify LEVEL changes that, /notify LEVEL only this place")
    };
    model.notice(Level::Info, &format!("in {name} {told} while you look elsewhere ({whence})"));
}

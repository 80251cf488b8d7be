//! Settings changed while the chat runs: `/set` and `/mouse`.

use super::Effect;
use crate::text::SafeText;
use crate::text::alike::{ALIKE, nearest};
use crate::tui::model::{Level, Model};
use crate::tui::settings::{self, SETTINGS, Setting};

/// `/set`.
pub(super) fn command(model: &mut Model, wanted: Option<(String, Option<String>)>) -> Vec<Effect> {
    let Some((name, value)) = wanted else {
        list(model);
        return Vec::new();
    };
    let name = name.to_lowercase();
    match (settings::find(&name), value) {
        (Some(setting), None) => tell(model, Level::Info, &line(setting, model)),
        (Some(setting), Some(value)) => change(model, setting, &value),
        (None, value) if name == "theme" => return vec![Effect::Theme(value)],
        (None, _) => at_the_start(model, &name),
    }
    Vec::new()
}

/// A setting as a line of the file of settings.
fn line(setting: &Setting, model: &Model) -> String {
    format!("{} = {}", setting.name, (setting.value)(&model.prefs))
}

fn list(model: &mut Model) {
    let mut rows: Vec<String> = SETTINGS.iter().map(|setting| line(setting, model)).collect();
    rows.push("/set NAME VALUE changes one until you leave; theme: /theme, keys: /bind".to_owned());
    if !model.started.is_empty() {
        rows.push("from the next start on, in the file of settings:".to_owned());
        rows.extend(model.started.iter().map(|(name, value)| format!("{name} = {value}")));
    }
    model.explain(&rows.join("\n"));
}

fn change(model: &mut Model, setting: &Setting, value: &str) {
    if let Err(error) = setting.change(&mut model.prefs, value) {
        return tell(model, Level::Error, &error);
    }
    let now = line(setting, model);
    let told = format!("{now} until you leave; the same line in the file of settings keeps it");
    tell(model, Level::Info, &told);
}

/// A name that is none of the table's: one that counts at the start, or a mistake.
fn at_the_start(model: &mut Model, name: &str) {
    if let Some((name, value)) = model.started.iter().find(|(known, _)| known == name) {
        let also = if name == "nick" { "; /nick changes yours at once" } else { "" };
        let told = format!("{name} = {value}: it counts from the start on, in the file of settings{also}");
        return tell(model, Level::Info, &told);
    }
    let mut known: Vec<&str> = model.started.iter().map(|(name, _)| name.as_str()).collect();
    for name in settings::names() {
        known.push(name); // an `extend` would want all of them to live for ever
    }
    let told = match nearest(name, known, ALIKE) {
        Some(nearest) => format!("there is no setting {name}; do you mean {nearest}?"),
        None => format!("there is no setting {name}; /set lists them"),
    };
    tell(model, Level::Error, &told);
}

fn tell(model: &mut Model, level: Level, text: &str) {
    model.notice(level, SafeText::line(text).as_str());
}

/// `/mouse`, and its key.
pub(super) fn mouse(model: &mut Model, wish: Option<&str>) {
    let on = match wish {
        None => !model.prefs.mouse,
        Some("on") => true,
        Some("off") => false,
        Some(_) => return model.notice(Level::Error, "write /mouse on, or /mouse off"),
    };
    model.prefs.mouse = on;
    model.hint = Some(if on {
        "Shift+drag selects text, the wheel moves the log (on macOS: Option+drag)".to_owned()
    } else {
        "the terminal has the mouse to itself".to_owned()
    });
}

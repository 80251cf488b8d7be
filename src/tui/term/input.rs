//! What the terminal tells, in the program's own terms.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseEventKind};

use crate::tui::Msg;
use crate::tui::key::{Code, Key, Named};

/// Rows that the wheel moves in one step, as terminals do.
const ROWS: usize = 3;

/// The message in a terminal event; none for what means nothing here, such as released keys.
pub(crate) fn msg(event: Event) -> Option<Msg> {
    match event {
        Event::Key(event) if !event.is_release() => key(event).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::FocusGained => Some(Msg::Focus(true)),
        Event::FocusLost => Some(Msg::Focus(false)),
        Event::Mouse(event) => match event.kind {
            MouseEventKind::ScrollUp => Some(wheel(true)),
            MouseEventKind::ScrollDown => Some(wheel(false)),
            _ => None,
        },
        Event::Key(_) => None,
    }
}

fn wheel(up: bool) -> Msg {
    let code = Code::Named(if up { Named::Up } else { Named::Down });
    Msg::Wheel { key: Key::new(code, false, false, false), up, rows: ROWS }
}

fn key(event: KeyEvent) -> Option<Key> {
    let has = |m| event.modifiers.contains(m);
    let code = match event.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n) => Code::F(n),
        KeyCode::Enter => Code::Named(Named::Enter),
        KeyCode::Tab | KeyCode::BackTab => Code::Named(Named::Tab),
        KeyCode::Backspace => Code::Named(Named::Backspace),
        KeyCode::Delete => Code::Named(Named::Delete),
        KeyCode::Left => Code::Named(Named::Left),
        KeyCode::Right => Code::Named(Named::Right),
        KeyCode::Up => Code::Named(Named::Up),
        KeyCode::Down => Code::Named(Named::Down),
        KeyCode::Home => Code::Named(Named::Home),
        KeyCode::End => Code::Named(Named::End),
        KeyCode::PageUp => Code::Named(Named::PageUp),
        KeyCode::PageDown => Code::Named(Named::PageDown),
        KeyCode::Esc => Code::Named(Named::Escape),
        _ => return None,
    };
    let shift = has(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab;
    Some(Key::new(code, has(KeyModifiers::CONTROL), has(KeyModifiers::ALT), shift))
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEventKind, KeyEventState};

    use super::*;

    #[test]
    fn keys_come_in_one_form() {
        let press = |code, modifiers| msg(Event::Key(KeyEvent::new(code, modifiers)));
        let is = |text: &str| Some(Msg::Key(text.parse().unwrap()));
        assert_eq!(press(KeyCode::Char('A'), KeyModifiers::SHIFT), is("A"));
        assert_eq!(press(KeyCode::Char('A'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), is("Ctrl+A"));
        assert_eq!(press(KeyCode::Char('B'), KeyModifiers::ALT | KeyModifiers::SHIFT), is("Alt+B"));
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::SHIFT), is("Shift+Tab"));
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::NONE), is("Shift+Tab"));
        assert_eq!(press(KeyCode::Enter, KeyModifiers::ALT), is("Alt+Enter"));
        let mut released = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        (released.kind, released.state) = (KeyEventKind::Release, KeyEventState::NONE);
        assert_eq!(msg(Event::Key(released)), None);
    }
}

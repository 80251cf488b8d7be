//! Pop-ups of WinPopup and `net send`: which are shown, and how many are only counted.
//!
//! Anybody on the segment can send them under any name, so they must not be able to keep the user from the chat: a few a
//! minute are shown, fewer of one sender, and the rest are a number.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::time::Stamp;
use crate::chat::Millis;
use crate::neighbours::Popup;
use crate::text::SafeText;
use crate::tui::text::wrap;

/// Most pop-ups that wait to be read.
const WAITING: usize = 8;
/// Most pop-ups of all senders that are shown within [`WINDOW`].
const SHOWN: usize = 12;
/// Most pop-ups of one address that are shown within [`WINDOW`].
const OF_SENDER: usize = 3;
/// A minute.
const WINDOW: Millis = 60_000;
/// Rows of the pane beside the text: what stands above and below it.
pub const FRAME: usize = 2;

/// The pop-ups that have come and were not put away.
#[derive(Debug, Default)]
pub struct Popups {
    waiting: VecDeque<(Stamp, Popup)>,
    /// Those that came when enough were shown.
    counted: usize,
    lately: VecDeque<(Millis, IpAddr)>,
}

impl Popups {
    /// Takes in a pop-up that came `now`; tells whether it will be shown.
    pub fn push(&mut self, now: Millis, at: Stamp, popup: Popup) -> bool {
        self.lately.retain(|(shown, _)| now.saturating_sub(*shown) < WINDOW);
        let of_sender = self.lately.iter().filter(|(_, sender)| *sender == popup.address).count();
        if self.waiting.len() >= WAITING || self.lately.len() >= SHOWN || of_sender >= OF_SENDER {
            self.counted = self.counted.saturating_add(1);
            return false;
        }
        self.lately.push_back((now, popup.address));
        self.waiting.push_back((at, popup));
        true
    }

    /// The one that is shown now.
    pub fn shown(&self) -> Option<&(Stamp, Popup)> {
        self.waiting.front()
    }

    /// How many others wait behind it, or were only counted.
    pub fn more(&self) -> usize {
        self.waiting.len().saturating_sub(1).saturating_add(self.counted)
    }

    /// Puts the one that is shown away. With the last one, tells how many were only counted.
    pub fn dismiss(&mut self) -> usize {
        self.waiting.pop_front();
        if self.waiting.is_empty() { std::mem::take(&mut self.counted) } else { 0 }
    }

    /// Rows that the pane wants on a screen of so many columns; 0 when nothing is shown.
    pub fn rows(&self, width: u16) -> usize {
        let text = |(_, popup): &(Stamp, Popup)| wrap(popup.text.as_str(), columns(width)).len() + FRAME;
        self.shown().map_or(0, text)
    }
}

/// Columns of the text on a screen of so many: one is left free on each side.
pub fn columns(width: u16) -> usize {
    usize::from(width).saturating_sub(2).max(1)
}

/// The pop-up on one line, as the log keeps it.
pub fn in_the_log(popup: &Popup) -> SafeText {
    let Popup { from, to, text, address, .. } = popup;
    SafeText::line(&format!("pop-up from {address}, unsigned, as {from} to {to}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(popups: &mut Popups, now: Millis, sender: u8) -> bool {
        let line = SafeText::line("x");
        let popup = Popup {
            from: line.clone(),
            to: line.clone(),
            text: line.clone(),
            host: line,
            address: [10, 77, 0, sender].into(),
        };
        popups.push(now, Stamp::new(now, 0), popup)
    }

    #[test]
    fn one_sender_gets_three_a_minute_and_the_rest_is_a_number() {
        let mut popups = Popups::default();
        let shown: Vec<_> = (0..100).map(|n| push(&mut popups, n, 66)).collect();
        assert_eq!(shown.iter().filter(|shown| **shown).count(), 3);
        assert_eq!(popups.more(), 99);
        assert!(push(&mut popups, 200, 1), "another is not kept out by it");
        assert_eq!((popups.dismiss(), popups.dismiss(), popups.dismiss(), popups.dismiss()), (0, 0, 0, 97));
        assert_eq!((popups.shown(), popups.more(), popups.rows(80)), (None, 0, 0));
        assert!(!push(&mut popups, WINDOW - 1, 66));
        assert!(push(&mut popups, WINDOW, 66), "a minute later it may again");
    }

    #[test]
    fn many_senders_are_bounded_together() {
        let mut popups = Popups::default();
        let shown = (0..=255).filter(|n| push(&mut popups, 0, *n)).count();
        assert_eq!(shown, WAITING);
        for _ in 0..WAITING {
            popups.dismiss();
        }
        let shown = (0..=255).filter(|n| push(&mut popups, 1, *n)).count();
        assert_eq!(shown, SHOWN - WAITING);
    }
}

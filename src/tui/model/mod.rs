//! What is shown and written, without a screen: plain values that [`update`](super::update()) changes and the view reads.

mod asking;
mod body;
mod buffers;
mod calls;
mod completion;
mod composer;
mod details;
mod entry;
mod fates;
mod gap;
mod highlights;
mod kept;
mod layout;
mod log;
mod mode;
mod net;
mod network;
mod network_people;
mod page;
mod people;
mod place;
mod popup;
mod prefs;
mod presence;
mod scroll;
mod social;
mod switcher;
mod time;
mod transfer;
mod trouble;

pub use asking::{Asking, Purpose};
pub use body::{Body, Role};
pub use buffers::{Buffers, Tab};
pub use calls::{Call, Calls, Reason};
pub use completion::Completion;
pub use composer::{Composer, Draft, Edit, MAX_ROWS};
pub use details::{details_indent, details_page};
pub use entry::{Entry, EntryId, Level, What, trust_mark};
pub use fates::{Fates, in_words};
pub use gap::Missing;
pub use highlights::Names;
pub use kept::Kept;
pub use layout::{Area, Gutter, Layout};
pub use log::Log;
pub use mode::{Details, Goal, Item, List, Mode, Open, Search, Select, Verify};
pub use net::{Net, Pings};
pub use network::network_page;
pub use page::Page;
pub use people::People;
pub use place::Place;
pub use popup::{FRAME as POPUP_FRAME, Popups, columns as popup_columns, in_the_log};
pub use prefs::{BadNotify, Desktop, Notify, Prefs};
pub use presence::{Change, Presence};
pub use scroll::{Reveal, Scroll, Seen, View};
pub use social::{AwayBy, Typing};
pub use switcher::{Choice, Row, Switcher};
pub use time::Stamp;
pub use transfer::{Stage, Transfer, Transfers};
pub use trouble::troubles;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::keymap::Keymap;
use super::text::width;
use crate::chat::{Answered, Millis, Nick, PeerId, Reactions, Room};
use crate::session::Network;
use crate::text::SafeText;

/// By what a line is known that was said while the user was away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Away {
    /// When this run began: what was said before it and is heard now was missed.
    pub until: Millis,
    /// The first such line gets a mark: the user was here before, and has none yet.
    pub mark: bool,
}

/// The chat as its user sees it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
pub struct Model {
    /// Own id.
    pub me: PeerId,
    /// Own name, as others see it.
    pub name: SafeText,
    /// The place that is shown, by the name under which its draft and read mark are kept.
    pub room: SafeText,
    /// All places.
    pub buffers: Buffers,
    /// Places just opened, whose past is to be fetched.
    pub wanted: Vec<Place>,
    /// What is known of the rooms may be old.
    pub ask_rooms: bool,
    /// What was being written in places that are not open yet.
    pub kept_drafts: BTreeMap<String, String>,
    /// Where the user was in an earlier run, and where other lines call than elsewhere.
    pub kept: Kept,
    /// Settings that count from the start on, as the file of settings has them.
    pub started: Vec<(String, String)>,
    /// The rooms there are, as last asked.
    pub rooms: Vec<Room>,
    /// Whom the user does not want to hear.
    pub ignored: BTreeSet<PeerId>,
    /// The rooms of an earlier run were opened.
    pub social_told: bool,
    /// Names of those who were here, also after they have left.
    pub met: BTreeMap<PeerId, SafeText>,
    /// Who is typing.
    pub typing: Typing,
    /// The user is away, as others are told.
    pub gone: Option<AwayBy>,
    /// When the last key was pressed.
    pub active_at: Millis,
    /// The line that is being answered.
    pub answering: Option<Answered>,
    /// Reactions to lines.
    pub reactions: Reactions,
    /// What was said.
    pub log: Log,
    /// What part of it is seen.
    pub scroll: Scroll,
    /// Lines of others that came while nobody can have read them: scrolled away, or another window in front.
    pub unread: usize,
    /// A line was shown that no read mark covers yet.
    pub unmarked: bool,
    /// By what a line is known that was said while the user was away.
    pub away: Away,
    /// What the keys are for.
    pub mode: Mode,
    /// The nicknames that the user goes by.
    pub names: Names,
    /// What is known of the network beyond its interfaces.
    pub net: Net,
    /// What is being written.
    pub composer: Composer,
    /// A long paste that waits for a word of the user.
    pub paste: Option<String>,
    /// What the user is told of while looking elsewhere.
    pub calls: Calls,
    /// A completion that goes on.
    pub completion: Option<Completion>,
    /// Who is here.
    pub people: People,
    /// Whether their pane is shown; none leaves it to the width.
    pub people_pane: Option<bool>,
    /// What became of private lines.
    pub fates: Fates,
    /// Pop-ups that were not put away.
    pub popups: Popups,
    /// The network; none until the session has told.
    pub network: Option<Network>,
    /// Lines from before that have come, and those still missing, while they are fetched.
    pub catching_up: Option<(u32, u32)>,
    /// Files on their way.
    pub transfers: Transfers,
    /// Names of the themes, for completion.
    pub themes: Vec<String>,
    /// What each key does.
    pub keymap: Keymap,
    /// What the user has set.
    pub prefs: Prefs,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// Whether this terminal has the keyboard's focus.
    pub focused: bool,
    /// A word on what a key did, until the next one.
    pub hint: Option<String>,
    /// The entry to which the user has just gone, marked for the eye.
    pub landed: Option<EntryId>,
    /// The next Ctrl+C leaves.
    pub leaving: bool,
    /// The time, told before each update.
    pub now: Millis,
    /// Seconds that the user's clock is ahead of UTC.
    pub utc_offset: i32,
}

impl Model {
    /// An empty chat of peer `me`, on a screen that is to be told with [`Msg::Resize`](super::Msg::Resize).
    pub fn new(me: PeerId, nick: &Nick) -> Self {
        let mut names = Names::default();
        names.add(nick.as_str());
        Self {
            me,
            name: nick.as_safe().clone(),
            room: SafeText::clean("lobby"),
            buffers: Buffers::default(),
            wanted: Vec::new(),
            ask_rooms: false,
            kept_drafts: BTreeMap::new(),
            kept: Kept::default(),
            started: Vec::new(),
            rooms: Vec::new(),
            ignored: BTreeSet::new(),
            social_told: false,
            met: BTreeMap::new(),
            typing: Typing::default(),
            gone: None,
            active_at: 0,
            answering: None,
            reactions: Reactions::default(),
            log: Log::default(),
            scroll: Scroll::default(),
            unread: 0,
            unmarked: false,
            away: Away::default(),
            mode: Mode::default(),
            names,
            net: Net::default(),
            composer: Composer::default(),
            paste: None,
            calls: Calls::default(),
            completion: None,
            people: People::default(),
            people_pane: None,
            fates: Fates::default(),
            popups: Popups::default(),
            network: None,
            catching_up: None,
            transfers: Transfers::default(),
            themes: Vec::new(),
            keymap: Keymap::default(),
            prefs: Prefs::default(),
            size: (80, 24),
            focused: true,
            hint: None,
            landed: None,
            leaving: false,
            now: 0,
            utc_offset: 0,
        }
    }

    /// Now, on the user's clock.
    pub fn stamp(&self) -> Stamp {
        Stamp::new(self.now, self.utc_offset)
    }

    /// Tells the user something.
    pub fn notice(&mut self, level: Level, text: &str) {
        self.log.add_notice(self.stamp(), level, SafeText::clean(text));
    }

    /// Tells the user something long, from its start: if it is longer than the log's pane, its first row is at the top.
    pub fn explain(&mut self, text: &str) {
        self.notice(Level::Info, text);
        let pane = self.layout().log;
        let entry = self.log.iter().next_back();
        if let Some(entry) = entry.filter(|e| e.rows(pane.width) > usize::from(pane.height)) {
            self.scroll = Scroll::At { entry: entry.id, row: 0, since: self.log.next_id() };
        }
    }

    /// What stands before the text in the composer.
    pub fn prompt(&self) -> SafeText {
        match self.size.0 {
            0..20 => SafeText::default(),
            20..60 => SafeText::clean("> "),
            _ => SafeText::line(&format!("{}> ", width::shorten(self.name.as_str(), 20))),
        }
    }

    /// Columns of a row of the composer: one cell is left for the cursor at the end of a row.
    pub fn composer_width(&self) -> usize {
        let prompt = width::columns(self.prompt().as_str());
        usize::from(self.size.0).saturating_sub(prompt + 1).max(1)
    }

    /// Where each pane is.
    pub fn layout(&self) -> Layout {
        let rows = self.composer.rows().len().min(MAX_ROWS);
        let layout = Layout::new(self.size.0, self.size.1, rows, self.people_pane);
        layout.with_bar(self.buffers.tabs().len() > 1).with_popup(self.popups.rows(self.size.0))
    }

    /// Whether the user can be reading what comes: the newest line is seen, in the window that has the keyboard.
    pub fn sees_newest(&self) -> bool {
        let log = matches!(self.mode.page(), Mode::Write | Mode::Search(_) | Mode::Select(_));
        self.focused && !self.buffers.behind && log && self.scroll == Scroll::Newest
    }

    /// When to be told the time next: each second while figures are shown that change by themselves, and when somebody's
    /// typing is too old or the user has done nothing for long.
    pub fn tick_in(&self) -> Option<Duration> {
        let figures = matches!(self.mode.page(), Mode::Network(_) | Mode::Details(_)).then_some(1000);
        let at = [self.typing.next(), self.calls.next(), self.idle_at().filter(|_| self.gone.is_none())];
        let others = at.into_iter().flatten().map(|at| at.saturating_sub(self.now));
        figures.into_iter().chain(others).min().map(Duration::from_millis)
    }

    /// When the user counts as away, if no key is pressed until then.
    pub fn idle_at(&self) -> Option<Millis> {
        let minutes = Millis::from(self.prefs.away_minutes);
        (minutes > 0).then(|| self.active_at.max(self.away.until) + minutes * 60_000)
    }

    /// The log as it is seen.
    pub fn view(&self) -> View<'_> {
        let pane = self.layout().log;
        View::new(&self.log, pane.width, pane.height, self.scroll)
    }

    /// The window title: how many lines wait to be read, and where.
    pub fn title(&self) -> SafeText {
        let unread = match self.unread_everywhere() {
            0 => String::new(),
            unread => format!("({unread}) "),
        };
        let place = match self.place() {
            Place::Room(room) => room.to_safe(),
            place @ Place::Peer(_) => self.place_name(place),
        };
        SafeText::line(&format!("{unread}lanchat — {place}"))
    }
}

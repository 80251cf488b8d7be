//! [`Screen`]: the terminal while the chat has it. Whatever ends the chat, the terminal is as it was.
//!
//! ratatui's own restore leaves the alternate screen and raw mode only; paste, focus and title are ours to put back.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};

use super::steady::Steady;
use super::{crash, keyboard, ring};
use crate::text::SafeText;
use crate::tui::model::{Call, Desktop};
use crate::tui::theme::Theme;
use crate::tui::{Model, view};

/// XTWINOPS 22;2: the terminal puts its title on a stack.
const SAVE_TITLE: &str = "\x1b[22;2t";
/// XTWINOPS 23;2: and takes it back.
const RESTORE_TITLE: &str = "\x1b[23;2t";
/// Presses, releases and the wheel of the mouse are told, in decimal numbers (DECSET 1000 and 1006): no more than the
/// wheel is needed, so not each of its moves, as crossterm would have it.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
/// The mouse is the terminal's own again.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// xterm's "alternate scroll": the wheel is sent as arrows, so that it moves the log though the mouse is the terminal's.
/// What was set before is kept (XTSAVE) and put back (XTRESTORE).
const WHEEL_ON: &str = "\x1b[?1007s\x1b[?1007h";
/// As it was before.
const WHEEL_BACK: &str = "\x1b[?1007r";
/// Room for one frame, so that it is written in one piece.
const FRAME_BYTES: usize = 64 << 10;

/// Whether the terminal is ours: there is one terminal, and a panic can happen anywhere.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the keyboard protocol is on, and has to be switched off.
static ENHANCED: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is ours, and has to be given back.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Standard output as long as the terminal is ours. What is left in a buffer after that is not written: it would land
/// in the user's own screen.
#[derive(Debug)]
struct Output(Stdout);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if TAKEN.load(Ordering::Acquire) { self.0.write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The terminal, taken for the chat until this is dropped, or until a panic.
pub(crate) struct Screen {
    terminal: Terminal<Steady<CrosstermBackend<BufWriter<Output>>>>,
    title: SafeText,
    kind: ring::Kind,
    /// Whether the terminal has the keyboard protocol; none before it was asked.
    enhanced: Option<bool>,
}

impl Screen {
    /// Takes the terminal: alternate screen, raw mode, bracketed paste, focus reports, title put aside. Panics leave a
    /// report in the directory `reports`.
    pub(crate) fn take(reports: &Path) -> io::Result<Self> {
        crash::watch(reports);
        enter()?;
        let output = BufWriter::with_capacity(FRAME_BYTES, Output(io::stdout()));
        match Terminal::new(Steady::new(CrosstermBackend::new(output))) {
            Ok(terminal) => {
                Ok(Self { terminal, title: SafeText::default(), kind: ring::Kind::here(), enhanced: None })
            }
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Switches the keyboard protocol on where the terminal has it. Nothing else may be reading the terminal.
    pub(crate) fn enhance(&mut self) -> io::Result<()> {
        if *self.enhanced.get_or_insert_with(keyboard::is_there) {
            ENHANCED.store(true, Ordering::Release);
            execute!(io::stdout(), PushKeyboardEnhancementFlags(keyboard::FLAGS))?;
        }
        Ok(())
    }

    /// Gives the terminal back for a while, as it was.
    #[allow(clippy::unused_self, reason = "only who has the terminal can give it back")]
    pub(crate) fn release(&mut self) {
        restore();
    }

    /// Takes the terminal again, whatever was done with it; the next frame is written whole.
    pub(crate) fn retake(&mut self) -> io::Result<()> {
        restore(); // where it still counts as ours, the modes are set anew
        enter()?;
        self.enhance()?;
        self.title = SafeText::default();
        self.clear()
    }

    fn output(&mut self) -> &mut CrosstermBackend<BufWriter<Output>> {
        self.terminal.backend_mut().inner_mut()
    }

    /// Calls the user.
    pub(crate) fn ring(&mut self, call: &Call, bell: bool, desktop: Desktop) -> io::Result<()> {
        let bytes = self.kind.bytes(call, bell, desktop);
        if !TAKEN.load(Ordering::Acquire) {
            // An editor has the terminal. This changes nothing on its screen.
            io::stdout().write_all(bytes.as_bytes())?;
            return io::stdout().flush();
        }
        let output = self.output();
        output.write_all(bytes.as_bytes())?;
        Write::flush(output)
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Draws the model; only what has changed is written.
    pub(crate) fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        let title = model.title();
        if title != self.title {
            execute!(self.output(), SetTitle(&title))?;
            self.title = title;
        }
        self.mouse(model.prefs.mouse)?;
        self.terminal
            .draw(|frame| {
                view::render(frame, model, theme);
                view::finish(frame.buffer_mut(), model);
            })
            .map(|_| ())
    }

    /// Takes the mouse, or gives it back, unless it is so already.
    fn mouse(&mut self, wanted: bool) -> io::Result<()> {
        if MOUSE.swap(wanted, Ordering::AcqRel) != wanted {
            let sequence = if wanted { MOUSE_ON } else { MOUSE_OFF };
            execute!(self.output(), Print(sequence))?;
        }
        Ok(())
    }

    /// Puts `text` onto the clipboard of the terminal (OSC 52), also over ssh.
    pub(crate) fn copy(&mut self, text: &SafeText) -> io::Result<()> {
        execute!(self.output(), CopyToClipboard::to_clipboard_from(text.as_str()))
    }

    /// Leaves the alternate screen and writes `text` on the user's own, until [`Screen::back`].
    pub(crate) fn show_bare(&mut self, text: &SafeText) -> io::Result<()> {
        self.mouse(false)?; // the bare lines are there for it
        let text = text.as_str().replace('\n', "\r\n");
        let note = "-- any key goes back --";
        if ENHANCED.swap(false, Ordering::AcqRel) {
            execute!(self.output(), PopKeyboardEnhancementFlags)?; // each screen has its own
        }
        execute!(self.output(), EnableLineWrap, LeaveAlternateScreen, cursor::Show, Print(text), Print(note))
    }

    /// Shows the chat again.
    pub(crate) fn back(&mut self) -> io::Result<()> {
        execute!(self.output(), Print("\r\n"), EnterAlternateScreen, DisableLineWrap)?;
        self.enhance()?;
        self.clear()
    }

    /// Forgets what is on the screen, so that the next frame is written whole.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: that asks the terminal for the place of its cursor, waits for the answer, and would
        // take keys for it.
        self.terminal.swap_buffers(); // now neither buffer holds anything
        self.terminal.backend_mut().clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal ours.
fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Release);
    let taken = execute!(
        io::stdout(),
        Print(SAVE_TITLE),
        EnterAlternateScreen,
        Clear(ClearType::All), // a program that was killed may have left its screen there
        DisableLineWrap,       // what the terminal takes for wider than its row must not go on in the next
        Print(WHEEL_ON),
        EnableBracketedPaste,
        EnableFocusChange,
    );
    taken.inspect_err(|_| {
        restore();
    })
}

/// Puts the terminal back, once; false if it was not ours.
pub(super) fn restore() -> bool {
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return false;
    }
    // There is nobody left to tell that any of this failed.
    if ENHANCED.swap(false, Ordering::AcqRel) {
        let _ = execute!(io::stdout(), PopKeyboardEnhancementFlags);
    }
    if MOUSE.swap(false, Ordering::AcqRel) {
        let _ = execute!(io::stdout(), Print(MOUSE_OFF));
    }
    let _ = execute!(
        io::stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        Print(WHEEL_BACK),
        EnableLineWrap,
        LeaveAlternateScreen,
        Print(RESTORE_TITLE),
        cursor::Show,
    );
    let _ = disable_raw_mode();
    true
}

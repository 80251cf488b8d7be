//! [`Screen`]: the terminal while the chat has it. Whatever ends the chat, the terminal is as it was.
//!
//! ratatui's own restore leaves the alternate screen and raw mode only; paste, focus and title are ours to put back.

use std::io::{self, BufWriter, Stdout, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::style::Print;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::text::SafeText;
use crate::tui::theme::Theme;
use crate::tui::{Model, view};

/// XTWINOPS 22;2: the terminal puts its title on a stack.
const SAVE_TITLE: &str = "\x1b[22;2t";
/// XTWINOPS 23;2: and takes it back.
const RESTORE_TITLE: &str = "\x1b[23;2t";
/// Room for one frame, so that it is written in one piece.
const FRAME_BYTES: usize = 64 << 10;

/// Whether the terminal is ours: there is one terminal, and a panic can happen anywhere.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The panic hook is set once; it does nothing while the terminal is not ours.
static HOOK: Once = Once::new();

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
    terminal: Terminal<CrosstermBackend<BufWriter<Output>>>,
    title: SafeText,
}

impl Screen {
    /// Takes the terminal: alternate screen, raw mode, bracketed paste, focus reports, title put aside.
    pub(crate) fn take() -> io::Result<Self> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::Release);
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                restore(); // first: the message has to land on the user's own screen
                before(info);
            }));
        });
        let taken = execute!(
            io::stdout(),
            Print(SAVE_TITLE),
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange,
        );
        let output = BufWriter::with_capacity(FRAME_BYTES, Output(io::stdout()));
        let terminal = taken.and_then(|()| Terminal::new(CrosstermBackend::new(output)));
        match terminal {
            Ok(terminal) => Ok(Self { terminal, title: SafeText::default() }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Draws the model; only what has changed is written.
    pub(crate) fn draw(&mut self, model: &Model, theme: Theme) -> io::Result<()> {
        let title = model.title();
        if title != self.title {
            execute!(self.terminal.backend_mut(), SetTitle(&title))?;
            self.title = title;
        }
        self.terminal.draw(|frame| view::render(frame, model, theme)).map(|_| ())
    }

    /// Forgets what is on the screen, so that the next frame is written whole.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Puts the terminal back, once.
fn restore() {
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return;
    }
    // There is nobody left to tell that this failed.
    let _ = execute!(
        io::stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Print(RESTORE_TITLE),
        cursor::Show,
    );
    let _ = disable_raw_mode();
}

//! What lines that answers quote have really said: the last lines that went by, so that nobody can put words into another's
//! mouth. What is not here is shown as what the one who answers claims.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

use crate::chat::{Kind, Line, LineId, quotation};
use crate::text::SafeText;

/// Lines remembered.
const MOST: usize = 4096;

/// A line as far as it is quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Quoted {
    /// Its author as shown.
    quoted_from: SafeText,
    /// Its beginning.
    quoted_text: SafeText,
}

/// What stands before an answer of `from`: the line itself, or, where that is not known, the author's claim. The second mark
/// ends it, since neither can hold one.
pub(super) fn shown(from: &SafeText, claimed: Option<&SafeText>, quoted: Option<&Quoted>) -> Option<String> {
    if let Some(Quoted { quoted_from, quoted_text }) = quoted {
        return Some(format!("[{quoted_from}: \"{quoted_text}\"]"));
    }
    let claimed =
        claimed.map(|claimed| quotation(claimed.as_str())).filter(|claimed| !claimed.as_str().is_empty())?;
    Some(format!("[{from} quotes \"{claimed}\"]"))
}

/// The last lines, by their ids.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    lines: HashMap<LineId, (SafeText, Quoted)>,
    order: VecDeque<LineId>,
}

impl Quotes {
    /// Notes a line, own ones too, that others may quote; tells what it quotes itself, if that is known.
    pub(super) fn of(&mut self, line: &Line) -> Option<Quoted> {
        if line.private {
            return None; // only rooms have answers
        }
        let about = line.about.as_ref().and_then(|about| self.lines.get(&about.line));
        // What was said elsewhere is not known to everybody who reads this.
        let quoted = about.filter(|(room, _)| *room == line.room).map(|(_, quoted)| quoted.clone());
        if let Some(id) = line.id.filter(|_| line.kind != Kind::Reaction) {
            self.note(id, line);
        }
        quoted
    }

    fn note(&mut self, id: LineId, line: &Line) {
        let quoted = Quoted { quoted_from: line.from.clone(), quoted_text: quotation(line.text.as_str()) };
        if self.lines.insert(id, (line.room.clone(), quoted)).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.lines.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{About, PeerId, Trust};

    fn line(seq: u32, text: &str) -> Line {
        let sender = PeerId([1; 8]);
        Line {
            id: Some(LineId { sender, epoch: 1, seq }),
            room: SafeText::line("lobby"),
            kind: Kind::Say,
            from: SafeText::line("bob"),
            peer: Some(sender),
            host: SafeText::line("ORION"),
            address: None,
            text: SafeText::clean(text),
            sent_at: 0,
            received_at: 0,
            trust: Trust::Known,
            private: false,
            to: None,
            late: false,
            own: false,
            about: None,
        }
    }

    #[test]
    fn nobody_puts_words_into_anothers_mouth() {
        let said = line(1, "I will be there at \"noon\"");
        let quote = SafeText::line("bob: I quit\" and \u{201d} steal");
        let about = Some(About { line: said.id.unwrap(), quote: quote.clone() });
        let eve = Line { id: None, from: SafeText::line("eve"), about, ..line(2, "seriously?") };
        let print =
            |quotes: &mut Quotes, line: &Line| shown(&line.from, Some(&quote), quotes.of(line).as_ref());
        let mut quotes = Quotes::default();
        let claim = print(&mut quotes, &eve).unwrap();
        assert_eq!(claim, "[eve quotes \"bob: I quit' and ' steal\"]");
        quotes.of(&Line { room: SafeText::line("lunch"), ..said.clone() });
        assert_eq!(print(&mut quotes, &eve).unwrap(), claim, "said elsewhere");
        quotes.of(&said);
        assert_eq!(print(&mut quotes, &eve).unwrap(), "[bob: \"I will be there at 'noon'\"]");
        for seq in 3..=u32::try_from(MOST).unwrap() + 3 {
            quotes.of(&line(seq, ""));
        }
        assert_eq!(print(&mut quotes, &eve).unwrap(), claim);
        assert_eq!((quotes.lines.len(), quotes.order.len()), (MOST, MOST));
    }
}

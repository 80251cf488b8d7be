//! A page of text in place of the log, such as the help: each line is a term, `: `, and what it means.

use super::body::{Body, Role};
use crate::text::SafeText;
use crate::tui::text::{width, wrap};

/// From this width on the terms have a column of their own.
const WIDE: u16 = 60;
/// Columns of the terms there.
const TERM: usize = 24;

/// A text that can be scrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it is.
    pub title: SafeText,
    /// Its lines.
    pub lines: Vec<SafeText>,
    /// The first row shown.
    pub first: usize,
}

impl Page {
    /// A page of `text`, a line a row of a table. An empty line parts it.
    pub fn new(title: &str, text: &str) -> Self {
        Self { title: SafeText::line(title), lines: text.split('\n').map(SafeText::line).collect(), first: 0 }
    }

    /// The rows of the page on a screen of so many columns.
    pub fn rows(&self, columns: u16) -> Vec<Body> {
        let mut rows = vec![Body::new(Role::Title, &self.title)];
        for line in &self.lines {
            match line.as_str().split_once(": ") {
                Some((term, text)) => entry(&mut rows, term, text, columns),
                None => plain(&mut rows, "", line.as_str(), 0, columns),
            }
        }
        rows
    }
}

fn entry(rows: &mut Vec<Body>, term: &str, text: &str, columns: u16) {
    let indent = if columns >= WIDE { TERM + 2 } else { 2 };
    if columns >= WIDE && width::columns(term) <= TERM {
        let spaces = " ".repeat(indent - width::columns(term));
        plain(rows, &format!("{term}{spaces}"), text, indent, columns);
        return;
    }
    for row in wrap(term, usize::from(columns)) {
        rows.push(Body::new(Role::Own, &SafeText::line(row.of(term))));
    }
    plain(rows, &" ".repeat(indent), text, indent, columns);
}

/// `text` in rows that begin after `indent` columns, the first after `head`.
fn plain(rows: &mut Vec<Body>, head: &str, text: &str, indent: usize, columns: u16) {
    let room = usize::from(columns).saturating_sub(indent).max(1);
    for (n, row) in wrap(text, room).iter().enumerate() {
        let before = if n == 0 { head.to_owned() } else { " ".repeat(indent) };
        let body = Body::new(Role::Own, &SafeText::line(&before));
        rows.push(body.and(Role::Text, &SafeText::line(row.of(text))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_where_there_is_room_and_a_list_where_not() {
        let page =
            Page::new("help", "/me TEXT: says what you do\n\n//TEXT: says a text that starts with a slash");
        let shown = |columns| -> Vec<String> {
            page.rows(columns).iter().map(|row| row.text().as_str().trim_end().to_owned()).collect()
        };
        let wide = shown(80);
        assert_eq!(wide[0], "help");
        assert_eq!(wide[1], format!("{:<26}says what you do", "/me TEXT"));
        assert_eq!((wide[2].as_str(), wide.len()), ("", 4));
        assert_eq!(shown(20)[1..4], ["/me TEXT", "  says what you do", ""]);
        for columns in 0..100 {
            for row in page.rows(columns).iter().skip(1) {
                assert!(width::columns(row.text().as_str()) <= usize::from(columns).max(3));
            }
        }
    }
}

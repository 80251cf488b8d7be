//! Text as words: for the full-text index, and as an expression of FTS5 (<https://www.sqlite.org/fts5.html>, section 3).

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::text::unspaced;

/// Most words of a search that count.
const MAX_WORDS: usize = 16;

/// The text as it goes into the index: compatible forms made one, letters of scripts without spaces set apart.
pub(super) fn apart(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.nfkc() {
        if unspaced(c) {
            out.extend([' ', c, ' ']);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether FTS5 finds anything to look for in it.
fn has_token(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// What a user types as an expression that FTS5 takes, whatever the user types: all words must be there, in any order,
/// and the last one may be the beginning of a word. What is written `"so"` must be there as it is written.
/// None when there is nothing to look for.
pub(super) fn expression(typed: &str) -> Option<String> {
    let mut terms = Vec::new();
    let mut whole = false;
    for (n, part) in typed.split('"').enumerate() {
        whole = n % 2 == 1;
        if whole {
            terms.push(part);
        } else {
            terms.extend(part.split_whitespace());
        }
    }
    // A quote that is still open, or a word after the last: it may be only begun.
    let begun = !typed.trim_end().ends_with('"') || whole;
    let terms: Vec<&str> = terms.into_iter().filter(|term| has_token(term)).take(MAX_WORDS).collect();
    if terms.is_empty() {
        return None;
    }
    let mut out = terms.iter().map(|term| phrase(term)).collect::<Vec<_>>().join(" ");
    if begun {
        out.push_str(" *");
    }
    Some(out)
}

/// An expression that finds the lines of whoever is called so; none when the name holds no letter or digit.
pub(super) fn author(name: &str) -> Option<String> {
    has_token(name).then(|| format!("author : {}", phrase(name)))
}

fn phrase(term: &str) -> String {
    format!("\"{}\"", apart(term).replace(['"', '\0'], " "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type() {
        for (typed, expected) in [
            ("lunch", Some(r#""lunch" *"#)),
            ("  lunch  at noon", Some(r#""lunch" "at" "noon" *"#)),
            (r#""at noon""#, Some(r#""at noon""#)),
            (r#"lunch "at no"#, Some(r#""lunch" "at no" *"#)),
            (r#""at noon" lun"#, Some(r#""at noon" "lun" *"#)),
            ("a OR b* NEAR(", Some(r#""a" "OR" "b*" "NEAR(" *"#)),
            ("文章", Some(r#"" 文  章 " *"#)),
            ("", None),
            (r#"" - "" * "#, None),
        ] {
            assert_eq!(expression(typed).as_deref(), expected, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn no_input_is_an_error_of_syntax(typed in any::<String>()) {
            let db = rusqlite::Connection::open_in_memory().unwrap();
            db.execute_batch("CREATE VIRTUAL TABLE words USING fts5(text, author)").unwrap();
            for found in [expression(&typed), author(&typed)].into_iter().flatten() {
                let count = db.query_row("SELECT count(*) FROM words WHERE words MATCH ?1", [&found], |row| {
                    row.get::<_, i64>(0)
                });
                prop_assert_eq!(count, Ok(0), "{}", found);
            }
        }
    }
}

//! Names for received files: whatever the sender calls it, it is one harmless name inside the download folder.

use unicode_normalization::UnicodeNormalization;

use crate::text::SafeText;

/// Longest name in bytes: leaves room for ` (999)` and `.part.json` below the 255 of most file systems.
const LONGEST: usize = 200;
/// Used where nothing is left.
const NAMELESS: &str = "file";
/// Names that mean a device on Windows, with any extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The name that a file gets here: no folders, no control characters, not hidden, no option of a command, no device of
/// Windows, none of our own partial files, at most 200 bytes.
pub fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let line: String = SafeText::line(last).as_str().nfc().collect();
    let plain: String = line
        .chars()
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\n' | '\t') { '_' } else { c })
        .collect();
    let plain = plain.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
    let plain = plain.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    // What is done against one thing can bring about another: a name that is cut may end as our partial files do.
    let mut name = mended(plain);
    for _ in 0..4 {
        let again = mended(&name);
        if again == name {
            return name;
        }
        name = again;
    }
    NAMELESS.to_owned()
}

/// A name of plain characters that means nothing to programs, and is no longer than it may be.
fn mended(plain: &str) -> String {
    if plain.is_empty() {
        return NAMELESS.to_owned();
    }
    let mut name = plain.to_owned();
    let lower = name.to_lowercase();
    if name.starts_with('-') || name.starts_with('~') || is_device(&lower) {
        name.insert(0, '_');
    }
    if [".part", ".part.json"].iter().any(|end| lower.ends_with(end)) {
        name.push('_');
    }
    let (stem, extension) = split(&name);
    format!("{}{extension}", cut(stem, LONGEST.saturating_sub(extension.len())))
}

/// `report (2).pdf` for number 2 of `report.pdf`; number 0 is the name itself.
pub fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    if number == 0 { name.to_owned() } else { format!("{stem} ({number}){extension}") }
}

/// The name before its last dot, and the rest; an extension has at most 20 bytes and something before it.
fn split(name: &str) -> (&str, &str) {
    let dot = name.rfind('.').filter(|at| *at > 0 && name.len() - at <= 20);
    dot.and_then(|at| name.split_at_checked(at)).unwrap_or((name, ""))
}

/// As much of a text as fits into so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().trim_end()
}

fn is_device(lower: &str) -> bool {
    let stem = lower.split('.').next().unwrap_or_default().trim_end();
    let (word, digit) = stem.split_at_checked(3).unwrap_or((stem, ""));
    match word {
        "com" | "lpt" => digit.len() == 1 && digit.bytes().all(|b| b.is_ascii_digit()),
        word => digit.is_empty() && DEVICES.contains(&word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless() {
        for (sent, kept) in [
            ("report.pdf", "report.pdf"),
            ("/etc/passwd", "passwd"),
            ("../../.bashrc", "bashrc"),
            (r"C:\Windows\system.ini", "system.ini"),
            ("..", "file"),
            ("", "file"),
            ("a/", "file"),
            (".part", "part"),
            ("x.part", "x.part_"),
            ("x.PART.json", "x.PART.json_"),
            ("-rf", "_-rf"),
            ("~", "_~"),
            ("nul.txt", "_nul.txt"),
            ("com1", "_com1"),
            ("common.txt", "common.txt"),
            ("what?.txt ", "what_.txt"),
            ("日本.txt", "日本.txt"),
        ] {
            assert_eq!(safe(sent), kept, "{sent:?}");
        }
        for bad in ["a\u{1b}[31mb\u{202e}c\u{0}\nd", &"é".repeat(500), &format!("x.{}", "y".repeat(500))] {
            let name = safe(bad);
            assert!(
                name.len() <= LONGEST && !name.chars().any(|c| c.is_control() || c == '\u{202e}'),
                "{name:?}"
            );
        }
        assert_eq!(split(&safe(&format!("{}.pdf", "x".repeat(500)))).1, ".pdf");
        assert_eq!(numbered("a.b.pdf", 2), "a.b (2).pdf");
        assert_eq!((numbered("a", 1), numbered("a", 0)), ("a (1)".to_owned(), "a".to_owned()));
    }

    #[test]
    fn safe_names_stay_as_they_are() {
        proptest::proptest!(|(name in ".*")| {
            let once = safe(&name);
            proptest::prop_assert!(!once.is_empty() && !once.contains(['/', '\\', '\0']) && !once.starts_with('.'));
            proptest::prop_assert_eq!(safe(&once), once);
        });
    }

    #[test]
    fn no_name_is_too_long_whatever_is_put_before_or_behind_it() {
        for name in [
            format!("-{}", "x".repeat(300)),
            format!("{}.part", "x".repeat(300)),
            format!("{}.partXYZ.json", "x".repeat(190)),
        ] {
            let once = safe(&name);
            assert!(once.len() <= LONGEST && !once.ends_with(".part.json"), "{once}");
            assert_eq!(safe(&once), once);
        }
    }
}

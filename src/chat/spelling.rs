//! Which characters a nickname is made of, and where they stand.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{
    EmojiStatus, GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};
use unicode_width::UnicodeWidthStr;

use super::nick::{BadNick, Nick};
use crate::text::SafeText;

/// What is neither letter, digit nor emoji and may stand in a nickname all the same, though not first.
const INSIDE: &str = "_-.'’+&·・׳״";
/// Most marks on one letter (UTS #39 section 5.4).
const MAX_MARKS: usize = 4;
/// Characters that look like nothing, or stand for what cannot be shown: blank Braille, the null notehead, the Khitan filler,
/// the place of an object, the place of what could not be read.
const BLANK: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{fffc}', '\u{fffd}'];
/// Letters that are a mere stroke: a name of nothing else could be a dash of the log.
const STROKES: [char; 6] = ['一', '丨', 'ー', 'ｰ', 'ㅡ', 'ᅳ'];

/// Text that is spelled as a nickname may be; its alphabets are not looked at.
pub(super) fn spelling(text: &str) -> Result<SafeText, BadNick> {
    let text: String = text.nfc().collect();
    let Some(first) = text.chars().next() else { return Err(BadNick::Empty) };
    if let Some(c) = text.chars().find(|c| !may_stand(*c)) {
        return Err(BadNick::Character(c));
    }
    if let Some(c) = overloaded(&text) {
        return Err(BadNick::Character(c));
    }
    if !is_safe(&text) {
        return Err(BadNick::Character('\u{fffd}'));
    }
    if !is_letter_or_digit(first) && first != '_' {
        return Err(BadNick::First(first));
    }
    if text.width() > Nick::MAX_COLUMNS || text.len() > Nick::MAX_BYTES || text.width() == 0 {
        return Err(BadNick::TooLong);
    }
    if !text.chars().any(|c| is_letter_or_digit(c) && !STROKES.contains(&c)) {
        return Err(BadNick::NoLetter);
    }
    Ok(SafeText::clean(&text))
}

fn is_safe(text: &str) -> bool {
    SafeText::clean(text).as_str() == text
}

fn may_stand(c: char) -> bool {
    // A joiner or variation selector is safe only inside a sequence, and no name needs one.
    let safe = if is_mark(c) { is_safe(&format!("a{c}")) } else { is_safe(&c.to_string()) };
    safe && !BLANK.contains(&c)
        && (is_letter_or_digit(c) && !poses(c) || is_mark(c) || INSIDE.contains(c) || is_emoji(c))
}

fn is_letter_or_digit(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter
        || matches!(c.general_category(), GeneralCategory::DecimalNumber | GeneralCategory::LetterNumber)
}

/// A letter that looks like a mark of the log: clicks, glottal stops, raised signs and arrows.
fn poses(c: char) -> bool {
    let raised = matches!(c, '\u{2b0}'..='\u{2ff}' | '\u{a700}'..='\u{a71f}')
        && !matches!(c, '\u{2b9}' | '\u{2bb}' | '\u{2bc}');
    raised || !c.is_ascii() && unicode_security::skeleton(&c.to_string()).any(|c| "!?*()[]".contains(c))
}

/// Pictures, but no locks, arrows, triangles, dots and signs, which could say something of who has them.
fn is_emoji(c: char) -> bool {
    let sign = matches!(c,
        '\u{1f500}'..='\u{1f504}' | '\u{1f50f}'..='\u{1f513}' | '\u{1f519}'..='\u{1f51e}' | '\u{1f532}'..='\u{1f535}'
        | '\u{1f53a}'..='\u{1f53d}' | '\u{1f6a8}' | '\u{1f6ab}' | '\u{1f6d1}' | '\u{1f7e0}'..='\u{1f7f0}');
    let picture = matches!(
        c.emoji_status(),
        EmojiStatus::EmojiPresentation
            | EmojiStatus::EmojiPresentationAndModifierBase
            | EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
    );
    matches!(c, '\u{1f300}'..='\u{1faff}') && picture && !sign
}

fn is_mark(c: char) -> bool {
    matches!(c.general_category(), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
}

/// A mark too many on a letter, or the same twice (UTS #39 section 5.4).
fn overloaded(text: &str) -> Option<char> {
    let (mut marks, mut last) = (0, None);
    text.nfd().find(|c| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        let again = marks > 1 && last == Some(*c);
        last = Some(*c);
        marks > MAX_MARKS || again
    })
}

//! Emoji spelled out as `:code:`, for terminals and fonts that have none or give them a wrong width.

use unicode_segmentation::UnicodeSegmentation;

use crate::text::SafeText;

/// `text` with each emoji that has a code or a name as that.
pub fn spelled(text: &SafeText) -> SafeText {
    if text.as_str().is_ascii() {
        return text.clone();
    }
    let mut out = String::with_capacity(text.as_str().len());
    for grapheme in text.as_str().graphemes(true) {
        match emojis::get(grapheme).filter(|_| !grapheme.is_ascii()) {
            None => out.push_str(grapheme),
            Some(emoji) => {
                let plain = emoji.with_skin_tone(emojis::SkinTone::Default).unwrap_or(emoji);
                let name = plain.shortcode().map_or_else(|| plain.name().replace(' ', "_"), str::to_owned);
                out.extend([":", &name, ":"]);
            }
        }
    }
    SafeText::clean(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_spelled_and_nothing_else() {
        for (text, shown) in [
            ("well done 🎉!", "well done :tada:!"),
            ("👍🏽 ❤\u{fe0f}", ":+1: :heart:"),
            ("naïve 日本 1 # ©", "naïve 日本 1 # :copyright:"),
        ] {
            assert_eq!(spelled(&SafeText::clean(text)).as_str(), shown);
        }
        for emoji in emojis::iter() {
            let shown = spelled(&SafeText::clean(emoji.as_str()));
            assert!(shown.as_str().starts_with(':') && shown.as_str().ends_with(':'), "{shown}");
        }
    }
}

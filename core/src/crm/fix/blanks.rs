//! Characters that nobody sees, around and inside of values that can't have them.

use std::borrow::Cow;

use crate::quote::is_blank;

/// The text without blanks around it, and without what shows nothing inside of it but plain spaces, which
/// may stand for a character that is missing; `None` when it has none.
pub(super) fn cleaned(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = text.trim_matches(is_blank);
    let has_more = trimmed.bytes().any(|byte| {
        !byte.is_ascii() || (byte != b' ' && byte.is_ascii_whitespace()) || byte == 0x0b
    });
    if !has_more {
        return (trimmed.len() < text.len()).then_some(Cow::Borrowed(trimmed));
    }
    // Some scripts need joiners within a domain's name.
    let is_script = |character: char| !character.is_ascii() && !is_blank(character);
    let has_script = trimmed.contains(is_script);
    let is_kept = |character: &char| {
        *character == ' ' || !is_blank(*character) || (has_script && is_joiner(*character))
    };
    let kept: String = trimmed.chars().filter(is_kept).collect();
    (kept.len() < text.len()).then_some(Cow::Owned(kept))
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_away() {
        for text in [
            " a@b.test",
            "a@b.test\n",
            "\u{feff}a@b.test\u{a0}",
            "a\u{200b}@b\u{ad}.test",
            "a@b\u{200d}.test",
            "\u{2003}a@b.test\u{200e}",
            "a\u{a0}@b.\r\ntest",
            "a@b\u{b}.test",
        ] {
            assert_eq!(cleaned(text).as_deref(), Some("a@b.test"), "{text:?}");
        }
        assert_eq!(cleaned(" \u{200b}").as_deref(), Some(""));
    }

    #[test]
    fn the_rest_stays() {
        for text in [
            "",
            "a@b.test",
            "a b@c.test",
            "käthe@bücher.example",
            "ن\u{200c}ا@b.test",
        ] {
            assert_eq!(cleaned(text), None, "{text:?}");
        }
    }
}

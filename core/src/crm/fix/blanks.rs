//! Characters that nobody sees, around and inside of values that can't have them.

use std::borrow::Cow;

use crate::quote::is_blank;

/// The text without blanks around it, and without what takes no place inside of it; `None` when it has none.
/// White space of any kind stays inside: a character may be missing there, or two values stand side by side.
pub(super) fn cleaned(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = text.trim_matches(is_blank);
    if trimmed.is_ascii() {
        return (trimmed.len() < text.len()).then_some(Cow::Borrowed(trimmed));
    }
    let is_hidden = |character: char| is_blank(character) && !character.is_whitespace();
    // Some scripts need joiners within a domain's name.
    let has_script =
        trimmed.contains(|character: char| !character.is_ascii() && !is_blank(character));
    let is_kept =
        |character: &char| !is_hidden(*character) || (has_script && is_joiner(*character));
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
            "a\u{a0}b@c.test",
            "a@b.test\nb@b.test",
            "a@b.test\tb@b.test",
            "a\u{3000}b@c.test",
            "a@b.test\u{2028}b@b.test",
            "käthe@bücher.example",
            "ن\u{200c}ا@b.test",
        ] {
            assert_eq!(cleaned(text), None, "{text:?}");
        }
    }
}

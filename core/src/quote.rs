//! Foreign text made fit for a message of ours.

/// Longest text that is repeated in a message, in characters.
const MAX_QUOTED: usize = 300;

/// So many of them, in the singular where it is one.
pub(crate) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Foreign text for a message: markup and control characters out, cut to a sane length. Blanks
/// stay as they are, and those that nobody would see are shown by their code, since they may be what is
/// wrong with a value; only a line break with what surrounds it becomes one blank.
pub(crate) fn quote(text: &[u8]) -> String {
    // Four bytes hold any character; markup may hide the text a while.
    let head = &text[..text.len().min(MAX_QUOTED * 40)];
    let head = String::from_utf8_lossy(head);
    if head.trim_start().starts_with('<') {
        let visible = strip_markup(&head);
        let words = visible
            .split(|character: char| character.is_whitespace() || character.is_control())
            .filter(|word| !word.is_empty());
        return cut(words.collect::<Vec<_>>().join(" "));
    }
    let mut shown = String::new();
    let breaks =
        |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    for line in head.split(breaks) {
        let line = line.trim_matches(' ');
        if !line.is_empty() {
            if !shown.is_empty() {
                shown.push(' ');
            }
            show(line, &mut shown);
        }
    }
    cut(shown)
}

/// A value in a message, with all blanks that it has.
pub(crate) fn quote_exactly(text: &str) -> String {
    let mut shown = String::new();
    show(text, &mut shown);
    cut(shown)
}

fn show(text: &str, shown: &mut String) {
    for character in text.chars() {
        if character.is_control() || (character != ' ' && is_blank(character)) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
}

/// Whether a character shows nothing, so that a value may have it at its ends unseen.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn strip_markup(html: &str) -> String {
    let mut visible = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        visible.push_str(&rest[..open]);
        visible.push(' ');
        rest = &rest[open..];
        for hidden in ["script", "style"] {
            let is_hidden = rest
                .get(1..=hidden.len())
                .is_some_and(|name| name.eq_ignore_ascii_case(hidden));
            if is_hidden {
                let close = rest.to_ascii_lowercase().find(&format!("</{hidden}"));
                rest = &rest[close.unwrap_or(rest.len())..];
            }
        }
        rest = rest.find('>').map_or("", |close| &rest[close + 1..]);
    }
    visible.push_str(rest);
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_that_nobody_would_see_are_shown() {
        for (said, shown) in [
            ("Email  a@b.test  is invalid", "Email  a@b.test  is invalid"),
            (
                "Email \u{a0}a@b.test\u{200b} is invalid",
                "Email \\u{a0}a@b.test\\u{200b} is invalid",
            ),
            ("two\n    lines\tand a tab", "two lines and a tab"),
        ] {
            assert_eq!(quote(said.as_bytes()), shown);
        }
    }

    #[test]
    fn quoting_never_splits_a_character() {
        assert_eq!(
            quote("ä".repeat(1000).as_bytes()).chars().count(),
            MAX_QUOTED + 1
        );
        assert!(!quote(b"\xff\xfe").is_empty());
    }
}

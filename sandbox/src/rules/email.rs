//! The form of e-mail addresses.

/// What takes no room: soft hyphen, zero-width spaces, joiners and marks, and the BOM.
const INVISIBLE: [char; 9] = [
    '\u{ad}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}',
    '\u{feff}',
];

/// Whether it is a name, one @ and a domain with a dot, without spaces, special or invisible characters.
pub fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let is_special = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "(),:;<>[]\\\"@".contains(character)
            || INVISIBLE.contains(&character)
    };
    let labels: Vec<&str> = domain.split('.').collect();
    !name.is_empty()
        && !name.contains(is_special)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|character| character.is_alphanumeric() || character == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_judged_by_their_form() {
        for good in ["a@b.co", "o'neil+x@sub.example.com", "käthe@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "a b@c.de",
            "a@@b.co",
            "a@b..co",
            ".a@b.co",
            "a@-b.co",
            "a\u{200b}@b.co",
            "\u{feff}a@b.co",
            "a@b\u{ad}.co",
            "a@b.co\u{a0}",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}

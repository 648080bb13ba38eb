//! The form of e-mail addresses.

/// Whether it is a name, one @ and a domain with a dot, without spaces or special characters.
pub fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let is_special = |character: char| {
        character.is_whitespace() || character.is_control() || "(),:;<>[]\\\"@".contains(character)
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
            "", "a", "a@b", "a b@c.de", "a@@b.co", "a@b..co", ".a@b.co", "a@-b.co",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}

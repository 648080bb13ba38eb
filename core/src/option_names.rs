//! How messages spell the names of options: as the caller's language does.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_CAMEL_CASE: AtomicBool = AtomicBool::new(false);

/// From now on messages spell options as JavaScript does.
#[cfg(feature = "bindings")]
pub fn spell_in_camel_case() {
    IS_CAMEL_CASE.store(true, Ordering::Relaxed);
}

/// The name of an option, or of a list change's field, for a message.
pub(crate) fn spelled(name: &'static str) -> Cow<'static, str> {
    if IS_CAMEL_CASE.load(Ordering::Relaxed) {
        Cow::Owned(in_camel_case(name))
    } else {
        Cow::Borrowed(name)
    }
}

fn in_camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |spelled, part| {
        let (head, rest) = part.split_at(part.len().min(1));
        spelled + &head.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javascript_joins_words_by_capitals() {
        assert_eq!(in_camel_case("create_list"), "createList");
        assert_eq!(
            in_camel_case("max_consecutive_unknown"),
            "maxConsecutiveUnknown"
        );
        assert_eq!(in_camel_case("unique"), "unique");
        assert_eq!(spelled("create_list"), "create_list");
    }
}

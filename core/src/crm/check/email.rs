//! Whether text has the form of an e-mail address.

use memchr::memrchr;

use crate::quote::is_blank;

/// One `@`, something before it, a domain of two words or more behind it, and no blanks.
pub(super) fn is_email(text: &[u8], is_ascii: bool) -> bool {
    let Some(at) = memrchr(b'@', text) else {
        return false;
    };
    let (Some(local), Some(domain)) = (text.get(..at), text.get(at + 1..)) else {
        return false;
    };
    is_local(local) && is_domain(domain) && (is_ascii || !has_blanks(text))
}

/// What a byte may be in an address.
const LOCAL: u8 = 1;
const LABEL: u8 = 2;
const DOT: u8 = 4;
const HYPHEN: u8 = 8;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < u8::MAX {
        byte += 1;
        if byte >= 0x80 || byte.is_ascii_alphanumeric() {
            classes[byte as usize] = LOCAL | LABEL;
        }
    }
    let others = b"!#$%&'*+/=?^_`{|}~";
    let mut place = 0;
    while place < others.len() {
        classes[others[place] as usize] = LOCAL;
        place += 1;
    }
    classes[b'.' as usize] = DOT;
    classes[b'-' as usize] = LOCAL | HYPHEN;
    classes
};

#[inline]
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Words of its own characters with a dot between each two.
#[inline]
fn is_local(local: &[u8]) -> bool {
    let mut before = DOT;
    let mut is_wrong = 0;
    for &byte in local {
        let class = class(byte);
        is_wrong |= u8::from(class == 0) | (class & before & DOT);
        before = class;
    }
    is_wrong == 0 && before != DOT
}

/// Two labels or more, with a dot between each two, none of which begins or ends with a hyphen.
#[inline]
fn is_domain(domain: &[u8]) -> bool {
    let mut before = DOT;
    let mut is_wrong = 0;
    let mut dots = 0;
    for &byte in domain {
        let class = class(byte);
        let is_end = before & DOT != 0;
        let is_edge = before & (DOT | HYPHEN) != 0;
        is_wrong |= u8::from(class & (LABEL | DOT | HYPHEN) == 0)
            | u8::from(is_edge && class == DOT)
            | u8::from(is_end && class & HYPHEN != 0);
        dots |= class & DOT;
        before = class;
    }
    is_wrong == 0 && dots != 0 && before & (DOT | HYPHEN) == 0
}

fn has_blanks(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).chars().any(is_blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addresses_from_other_text() {
        let is_email = |text: &str| is_email(text.as_bytes(), text.is_ascii());
        for good in [
            "ada@example.com",
            "a.b+c_d@mail.x-y.co",
            "o'neil@x.test",
            "josé@exämple.test",
            "1@2.test",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "ada@",
            "@x.test",
            "ada@x",
            "a b@x.test",
            "ada@x..test",
            "ada@-x.test",
            "ada@x-.test",
            "ada@x.test.",
            ".ada@x.test",
            "ada.@x.test",
            "a..b@x.test",
            "a@b@x.test",
            " ada@x.test",
            "ada@x.test\n",
            "ada\u{200b}@x.test",
            "\u{a0}ada@x.test",
            "<ada@x.test>",
            "ada@x.test,ida@x.test",
            "ada@x_y.test",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}

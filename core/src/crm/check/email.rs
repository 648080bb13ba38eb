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

fn is_local(local: &[u8]) -> bool {
    if local.is_empty() {
        return false;
    }
    let mut before = b'.';
    for &byte in local {
        let is_part = byte.is_ascii_alphanumeric()
            || byte >= 0x80
            || matches!(
                byte,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'/'
                    | b'='
                    | b'?'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'{'
                    | b'|'
                    | b'}'
                    | b'~'
            );
        if !(is_part || (byte == b'.' && before != b'.')) {
            return false;
        }
        before = byte;
    }
    before != b'.'
}

fn is_domain(domain: &[u8]) -> bool {
    let mut label = 0_usize;
    let mut labels = 1_usize;
    let mut before = b'.';
    for &byte in domain {
        if byte == b'.' {
            if label == 0 || before == b'-' {
                return false;
            }
            label = 0;
            labels += 1;
        } else if byte.is_ascii_alphanumeric() || byte >= 0x80 || (byte == b'-' && label > 0) {
            label += 1;
        } else {
            return false;
        }
        before = byte;
    }
    labels > 1 && label > 0 && before != b'-'
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

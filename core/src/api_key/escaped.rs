//! Finds a text in what somebody else wrote, also where it is escaped: as JSON does (`\u0053`, `\/`), as HTML
//! does (`&#x53;`, `&amp;`) or as a URL does (`%2B`), mixed, and one within another.

use std::collections::VecDeque;
use std::ops::Range;

use memchr::{memchr3, memmem};
use zeroize::Zeroizing;

/// Escapes within escapes that are read: a service that logs JSON in JSON in HTML has three.
const LAYERS: usize = 4;
/// Most digits of an HTML character, zeros in front included.
const MOST_DIGITS: usize = 24;
/// Most characters of one escape, such as `&#x0000053;`.
const LONGEST_ESCAPE: usize = MOST_DIGITS + 4;

/// What is looked for is a secret, and so are its copies.
type Wanted = Zeroizing<Vec<u8>>;

/// Where `wanted` stands in `text`, in any form: ranges that may overlap.
pub(crate) fn find(text: &[u8], wanted: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = memmem::find_iter(text, wanted)
        .map(|start| start..start + wanted.len())
        .collect();
    // JSON alone as well: a text with the signs of other escapes in it must not be read as one.
    for read in [read_json, read_any] {
        // Nearly always there is nothing to find, and to see that needs no places.
        if is_in(text, wanted, read) {
            find_units(text, wanted, read, &mut found);
        }
    }
    found
}

fn is_in(text: &[u8], wanted: &[u8], read: Read) -> bool {
    if memchr3(b'\\', b'%', b'&', text).is_none() {
        return false;
    }
    let mut text = Zeroizing::new(text.to_vec());
    let mut wanted = vec![Zeroizing::new(wanted.to_vec())];
    for _ in 0..LAYERS {
        if !read_all(&mut text, read) {
            return false;
        }
        read_once_more(&mut wanted, read);
        if wanted
            .iter()
            .any(|wanted| memmem::find(&text, wanted).is_some())
        {
            return true;
        }
    }
    false
}

/// Reads all escapes of a text in its place; whether there are any.
fn read_all(text: &mut Vec<u8>, read: Read) -> bool {
    let (mut from, mut to) = (0, 0);
    while let Some(distance) = memchr3(b'\\', b'%', b'&', &text[from..]) {
        text.copy_within(from..from + distance, to);
        (from, to) = (from + distance, to + distance);
        let ahead = text.len().min(from + LONGEST_ESCAPE);
        let (byte, length) = read(&text[from..ahead]).unwrap_or((text[from], 1));
        text[to] = byte;
        (from, to) = (from + length, to + 1);
    }
    let rest = text.len() - from;
    text.copy_within(from.., to);
    text.truncate(to + rest);
    from > to
}

/// What is looked for may hold the signs of escapes itself, and is then read along with the text.
fn read_once_more(wanted: &mut Vec<Wanted>, read: Read) {
    if let Some(mut last) = wanted.last().cloned()
        && read_all(&mut last, read)
    {
        wanted.push(last);
    }
}

fn find_units(text: &[u8], wanted: &[u8], read: Read, found: &mut Vec<Range<usize>>) {
    let mut wanted = vec![Zeroizing::new(wanted.to_vec())];
    for layers in 1..=LAYERS {
        let mut top = Layer::raw(text, read);
        for _ in 1..layers {
            top = Layer::above(top, read);
        }
        read_once_more(&mut wanted, read);
        match_units(&mut top, &wanted, found);
        if !top.has_read_any {
            break;
        }
    }
}

/// A character, and the place of what stands for it.
#[derive(Clone, Copy)]
struct Unit {
    byte: u8,
    start: usize,
    end: usize,
}

/// Reads an escape at the beginning of the text: the character, and how many stand for it.
type Read = fn(&[u8]) -> Option<(u8, usize)>;

/// Text with one layer of escapes read. It takes no memory that grows with the text.
struct Layer<'a> {
    below: Box<dyn Iterator<Item = Unit> + 'a>,
    ahead: VecDeque<Unit>,
    read: Read,
    has_read_any: bool,
}

impl<'a> Layer<'a> {
    fn raw(text: &'a [u8], read: Read) -> Self {
        let units = text.iter().enumerate().map(|(place, &byte)| Unit {
            byte,
            start: place,
            end: place + 1,
        });
        Self::over(Box::new(units), read)
    }

    fn above(below: Layer<'a>, read: Read) -> Self {
        Self::over(Box::new(below), read)
    }

    fn over(below: Box<dyn Iterator<Item = Unit> + 'a>, read: Read) -> Self {
        Self {
            below,
            ahead: VecDeque::with_capacity(LONGEST_ESCAPE),
            read,
            has_read_any: false,
        }
    }

    /// The escape that the next unit begins.
    fn escape(&mut self) -> Option<(u8, usize)> {
        while self.ahead.len() < LONGEST_ESCAPE
            && let Some(unit) = self.below.next()
        {
            self.ahead.push_back(unit);
        }
        let mut bytes = [0; LONGEST_ESCAPE];
        for (byte, unit) in bytes.iter_mut().zip(&self.ahead) {
            *byte = unit.byte;
        }
        (self.read)(&bytes[..self.ahead.len().min(LONGEST_ESCAPE)])
    }
}

impl Iterator for Layer<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let first = match self.ahead.pop_front() {
            Some(unit) => unit,
            None => self.below.next()?,
        };
        if !matches!(first.byte, b'\\' | b'%' | b'&') {
            return Some(first);
        }
        self.ahead.push_front(first);
        let Some((byte, length)) = self.escape() else {
            return self.ahead.pop_front();
        };
        self.has_read_any = true;
        let end = self
            .ahead
            .drain(..length)
            .next_back()
            .map_or(first.end, |last| last.end);
        Some(Unit {
            byte,
            start: first.start,
            end,
        })
    }
}

fn match_units(
    units: &mut impl Iterator<Item = Unit>,
    wanted: &[Wanted],
    found: &mut Vec<Range<usize>>,
) {
    let longest = wanted
        .iter()
        .map(|wanted| wanted.len())
        .max()
        .unwrap_or_default();
    let mut recent: VecDeque<Unit> = VecDeque::with_capacity(longest + 1);
    for unit in units {
        if recent.len() == longest {
            recent.pop_front();
        }
        recent.push_back(unit);
        for wanted in wanted {
            if wanted.last() != Some(&unit.byte) || wanted.len() > recent.len() {
                continue;
            }
            let here = recent.range(recent.len() - wanted.len()..);
            if here.clone().map(|unit| &unit.byte).eq(wanted.iter()) {
                let start = here.map(|unit| unit.start).next().unwrap_or(unit.start);
                found.push(start..unit.end);
            }
        }
    }
}

fn read_any(text: &[u8]) -> Option<(u8, usize)> {
    match text.first()? {
        b'\\' => read_json(text),
        b'%' => read_percent(text),
        b'&' => read_html(text),
        _ => None,
    }
}

/// What JSON and the languages like it put behind a backslash.
fn read_json(text: &[u8]) -> Option<(u8, usize)> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let numbered = match text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => number(text, 3, 1..=6, 16)
            .filter(|(_, end)| text.get(*end) == Some(&b'}'))
            .map(|(code, end)| (code, end + 1)),
        b'u' => number(text, 2, 4..=4, 16),
        b'U' => number(text, 2, 8..=8, 16),
        b'x' => number(text, 2, 2..=2, 16),
        _ => None,
    };
    Some(match (numbered, text.get(1)?) {
        (Some((code, end)), _) => (character(code), end),
        (None, b'n' | b'r' | b't' | b'b' | b'f') => (0, 2),
        (None, other) => (*other, 2),
    })
}

fn read_percent(text: &[u8]) -> Option<(u8, usize)> {
    let read = if text.get(1) == Some(&b'u') {
        number(text, 2, 4..=4, 16)
    } else {
        number(text, 1, 2..=2, 16)
    };
    read.map(|(code, end)| (character(code), end))
}

fn read_html(text: &[u8]) -> Option<(u8, usize)> {
    if text.get(1) == Some(&b'#') {
        let (code, end) = if matches!(text.get(2), Some(b'x' | b'X')) {
            number(text, 3, 1..=MOST_DIGITS, 16)
        } else {
            number(text, 2, 1..=MOST_DIGITS, 10)
        }?;
        // Browsers do without the semicolon.
        let end = end + usize::from(text.get(end) == Some(&b';'));
        return Some((character(code), end));
    }
    let end = text.iter().position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let (_, byte) = NAMED
        .iter()
        .find(|(names, _)| names.split(' ').any(|known| known == name))?;
    Some((*byte, end + 1))
}

/// HTML's names of what a key may have.
const NAMED: [(&str, u8); 32] = [
    ("amp AMP", b'&'),
    ("quot QUOT", b'"'),
    ("lt LT", b'<'),
    ("gt GT", b'>'),
    ("apos", b'\''),
    ("sol", b'/'),
    ("bsol", b'\\'),
    ("plus", b'+'),
    ("equals", b'='),
    ("lowbar UnderBar", b'_'),
    ("period", b'.'),
    ("colon", b':'),
    ("semi", b';'),
    ("comma", b','),
    ("excl", b'!'),
    ("quest", b'?'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast midast", b'*'),
    ("commat", b'@'),
    ("lsqb lbrack", b'['),
    ("rsqb rbrack", b']'),
    ("lcub lbrace", b'{'),
    ("rcub rbrace", b'}'),
    ("Hat", b'^'),
    ("grave", b'`'),
    ("verbar vert", b'|'),
    ("dash hyphen", b'-'),
    ("tilde", b'~'),
];

/// The number from `start` on, and where it ends.
fn number(
    text: &[u8],
    start: usize,
    digits: std::ops::RangeInclusive<usize>,
    radix: u32,
) -> Option<(u32, usize)> {
    let rest = text.get(start..)?;
    let count = rest
        .iter()
        .take(*digits.end())
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    if !digits.contains(&count) {
        return None;
    }
    let digits = std::str::from_utf8(&rest[..count]).ok()?;
    Some((u32::from_str_radix(digits, radix).ok()?, start + count))
}

/// What is beyond ASCII is in no key.
fn character(code: u32) -> u8 {
    u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One character in an escape of this kind.
    fn escaped(byte: u8, kind: u8) -> String {
        let character = char::from(byte);
        match kind {
            1 => format!("\\u{byte:04x}"),
            2 => format!("\\u{byte:04X}"),
            3 if !byte.is_ascii_alphanumeric() => format!("\\{character}"),
            4 => format!("%{byte:02X}"),
            5 => format!("%{byte:02x}"),
            6 => format!("&#{byte};"),
            7 => format!("&#x{byte:x};"),
            8 => format!("&#X00000000000000000000{byte:X};"),
            9 => format!("\\x{byte:02x}"),
            10 => format!("\\u{{{byte:x}}}"),
            11 => NAMED.iter().find(|(_, named)| *named == byte).map_or_else(
                || character.to_string(),
                |(names, _)| format!("&{};", names.split(' ').next().unwrap()),
            ),
            _ => character.to_string(),
        }
    }

    fn json(text: &str) -> String {
        serde_json::to_string(text).unwrap()
    }

    fn is_found(text: &str, wanted: &str) -> bool {
        !find(text.as_bytes(), wanted.as_bytes()).is_empty()
    }

    proptest! {
        #[test]
        fn a_text_is_found_however_its_characters_are_escaped(
            key in "[A-Za-z0-9_/+\"<>=.-]{8,20}",
            kinds in proptest::collection::vec(0_u8..12, 20),
            outer in 0_usize..3,
        ) {
            let mut text: String = key.bytes().zip(&kinds).map(|(byte, kind)| escaped(byte, *kind)).collect();
            for _ in 0..outer {
                text = json(&text);
            }
            prop_assert!(is_found(&text, &key), "{text}");
        }

        #[test]
        fn any_text_is_found_in_json_in_json(key in "[!-~]{8,20}", layers in 0_usize..4, before in ".{0,20}", after in ".{0,20}") {
            let mut text = format!("{before} {key} {after}");
            for _ in 0..layers {
                text = json(&text);
            }
            prop_assert!(is_found(&text, &key), "{text}");
        }

        #[test]
        fn what_is_found_is_within_the_text_and_any_bytes_are_read(text in proptest::collection::vec(any::<u8>(), 0..200), wanted in proptest::collection::vec(any::<u8>(), 1..4)) {
            for range in find(&text, &wanted) {
                prop_assert!(range.start < range.end && range.end <= text.len());
            }
        }
    }

    #[test]
    fn other_texts_are_not_found() {
        for text in [
            "",
            "g8_live_",
            "g8_live_canarx",
            "\\u0067",
            "g8_live\\_canar",
            "&#103;",
        ] {
            assert!(!is_found(text, "g8_live_canary"), "{text}");
        }
    }
}

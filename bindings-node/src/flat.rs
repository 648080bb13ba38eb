//! The JSON of plain records that all have the same keys, out of their values.

use graph8_crm::Records;
use graph8_crm::json::{self, MemberName};
use memchr::{memchr, memchr_iter, memmem};

/// Stands behind each key, and between values.
const END: u8 = 0;
/// Begins a value that is JSON text already, or none.
const LITERAL: u8 = 1;
/// What half a character has become on its way; `JSON.stringify` gives it an escape.
const REPLACED: &str = "\u{fffd}";

/// Records whose `keys` are JSON texts, and all of their values one after the other. `None` when the
/// values can't be told apart, or may have lost something on their way: then JSON must say it.
pub(crate) fn records(keys: &str, values: &str, count: usize, literals: usize) -> Option<Records> {
    let keys = keys.split_terminator(char::from(END));
    let width: usize = keys.clone().map(|key| key.len() + 4).sum();
    let members: Vec<_> = keys.map(MemberName::from_json).collect();
    let bytes = values.as_bytes();
    if memchr_iter(END, bytes).count() + 1 != members.len() * count
        || memmem::find(bytes, REPLACED.as_bytes()).is_some()
    {
        return None;
    }
    let mut records = Records::with_capacity(count, values.len() + count * (width + 3));
    let mut values = Values {
        rest: values,
        literals: 0,
    };
    for _ in 0..count {
        records.push_with(|json| {
            values.write(&members, json);
            Ok(())
        });
    }
    (values.literals == literals).then_some(records)
}

struct Values<'a> {
    rest: &'a str,
    literals: usize,
}

impl<'a> Values<'a> {
    /// Writes the object of the next values.
    fn write(&mut self, members: &[MemberName], json: &mut Vec<u8>) {
        let start = json.len();
        for member in members {
            let value = self.next();
            // Not strip_prefix: for a character that calls memcmp.
            let is_literal = value.as_bytes().first() == Some(&LITERAL);
            let literal = is_literal.then(|| value.get(1..).unwrap_or_default());
            self.literals += usize::from(is_literal);
            if literal.is_some_and(str::is_empty) {
                continue;
            }
            match literal {
                Some(literal) => {
                    member.write(json);
                    json.extend_from_slice(literal.as_bytes());
                }
                None => member.write_with_str(json, value),
            }
        }
        json::end_object(json, start);
    }

    fn next(&mut self) -> &'a str {
        let end = memchr(END, self.rest.as_bytes()).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        value
    }
}

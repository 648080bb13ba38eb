//! The JSON of plain records that all have the same keys, out of their values.

use graph8_crm::Records;
use graph8_crm::border::RejectRecord;
use graph8_crm::border::json::{self, MemberName};
use memchr::memmem;

/// Stands behind each key.
const END: char = '\0';
/// What an unpaired surrogate has become on its way; `JSON.stringify` gives it an escape.
const REPLACED: &str = "\u{fffd}";
/// The escape that `JSON.stringify` gives an unpaired surrogate in a key.
const ESCAPED: &str = "\\ud";

/// Records whose `keys` are JSON texts, and all of their values one after the other. `None` when the
/// values may have lost something on their way: then JSON must say it.
pub(crate) fn records(keys: &str, values: &[u8], count: usize) -> Option<Records> {
    if memmem::find(keys.as_bytes(), ESCAPED.as_bytes()).is_some() {
        return None;
    }
    let keys = keys.split_terminator(END);
    let width: usize = keys.clone().map(|key| key.len() + 4).sum();
    let members: Vec<_> = keys.map(MemberName::from_json).collect();
    if memmem::find(values, REPLACED.as_bytes()).is_some() {
        return None;
    }
    let mut records = Records::with_capacity(count, values.len() + count * (width + 3));
    // An object has no key twice, and these values are no objects.
    records.mark_sound();
    let mut values = Values(values);
    let mut is_whole = true;
    for _ in 0..count {
        records.push_with(|json| {
            is_whole &= values.write(&members, json).is_some();
            Ok(())
        });
    }
    (is_whole && values.0.is_empty()).then_some(records)
}

/// What is left of the values.
struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    /// Writes the object of the next values.
    fn write(&mut self, members: &[MemberName], json: &mut Vec<u8>) -> Option<()> {
        let start = json.len();
        for member in members {
            let (text, is_literal) = self.next()?;
            if !is_literal {
                member.write_with_str(json, text);
            } else if !text.is_empty() {
                member.write(json);
                json.extend_from_slice(text.as_bytes());
            }
        }
        json::end_object(json, start);
        Some(())
    }

    /// The next text, and whether it is JSON already.
    fn next(&mut self) -> Option<(&'a str, bool)> {
        let (head, rest) = self.0.split_first_chunk()?;
        let head = u32::from_ne_bytes(*head);
        let len = (head / 2) as usize;
        let text = rest.get(..len)?;
        self.0 = rest.get(len.next_multiple_of(size_of::<u32>())..)?;
        Some((str::from_utf8(text).ok()?, head % 2 == 1))
    }
}

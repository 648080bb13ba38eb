//! By which values errors can name a record, and whether an earlier record has the same.

use super::Checker;
use super::values;
use crate::records::identity::name_hash;
use crate::records::json::scan::Value;

/// Identities that are compared at once, so that the waits for memory come together.
const AT_ONCE: usize = 256;

/// An identity that has not been compared with those of earlier records yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) index: usize,
    pub(super) hash: u64,
}

impl Checker {
    /// Keeps the identities of the record at hand, to compare them with those of the records before.
    #[inline]
    pub(super) fn identify(&mut self, index: usize) {
        if self.leaves_repeats {
            return;
        }
        for &hash in &self.hashes {
            self.pending.push(Pending { index, hash });
        }
        if self.pending.len() >= AT_ONCE {
            self.compare_identities();
        }
    }

    /// Tells of the records since the last time whether an earlier one has the same identity.
    pub(super) fn compare_identities(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        self.identities.warm(pending.iter().map(|one| one.hash));
        for of_record in pending.chunk_by(|one, next| one.index == next.index) {
            let mut earlier = None;
            for one in of_record {
                let first = self.identities.first_or_insert(one.hash, one.index);
                earlier = earlier.or(first);
            }
            if let (Some(first), Some(one)) = (earlier, of_record.first()) {
                self.tell_repeated(one.index, first);
            }
        }
        pending.clear();
        self.pending = pending;
    }
}

/// Adds the texts by which errors name a record: the value itself, or those of its entries.
pub(super) fn find_names(value: Value<'_>, hashes: &mut Vec<u64>, scratch: &mut Vec<u8>) {
    let mut add = |value: Value<'_>| {
        if let Value::Text(text) = value
            && let Some(hash) = name_hash(text.decoded().bytes(), scratch)
            && !hashes.contains(&hash)
        {
            hashes.push(hash);
        }
    };
    match value {
        Value::List(list) => {
            for entry in values::entries(list) {
                match entry {
                    Value::Object(object) => {
                        for member in ["value", "email_address"] {
                            if let Some(value) = values::member(object, member) {
                                add(value);
                            }
                        }
                    }
                    other => add(other),
                }
            }
        }
        other => add(other),
    }
}

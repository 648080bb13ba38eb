//! The entries of lists and the members of objects, each mended by itself.

use std::ops::Range;

use super::fixes::Fixes;
use super::members::{Edits, Walk};
use super::texts::read_text;

/// The entries of a list, each mended; `None` where all stay as they are.
pub(super) fn mend_entries(
    list: &[u8],
    out: &mut Vec<u8>,
    mut mend: impl FnMut(&[u8], usize, &mut Vec<u8>) -> Option<Fixes>,
) -> Option<Fixes> {
    let mut fixes = Fixes::NONE;
    let mut edits = Edits::new(list, out);
    let mut walk = Walk::array(list)?;
    let mut place = 0;
    while let Some(part) = walk.entry() {
        let more = mend_part_of(list, part, &mut edits, |entry, out| mend(entry, place, out))?;
        fixes = fixes.and(more);
        place += 1;
    }
    edits.finish().then_some(fixes)
}

/// The members of an object, each mended; `None` where all stay as they are.
pub(super) fn mend_members(
    object: &[u8],
    out: &mut Vec<u8>,
    mut mend: impl FnMut(&str, &[u8], &mut Vec<u8>) -> Option<Fixes>,
) -> Option<Fixes> {
    let mut fixes = Fixes::NONE;
    let mut edits = Edits::new(object, out);
    let mut walk = Walk::object(object)?;
    while let Some(member) = walk.member() {
        let Some(name) = object.get(member.name).and_then(read_text) else {
            continue;
        };
        let more = mend_part_of(object, member.value, &mut edits, |value, out| {
            mend(&name, value, out)
        })?;
        fixes = fixes.and(more);
    }
    edits.finish().then_some(fixes)
}

fn mend_part_of(
    whole: &[u8],
    part: Range<usize>,
    edits: &mut Edits<'_>,
    mend: impl FnOnce(&[u8], &mut Vec<u8>) -> Option<Fixes>,
) -> Option<Fixes> {
    let mut mended = Vec::new();
    let fixes = mend(whole.get(part.clone())?, &mut mended).unwrap_or(Fixes::NONE);
    if !fixes.is_none() {
        edits.replace(part, &mended);
    }
    Some(fixes)
}

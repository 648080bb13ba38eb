//! stub
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::crm::rules::Rules;
use crate::report::FixKind;

/// What becomes of empty texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Empty {
    /// They travel as they are.
    #[default]
    Keep,
    /// They travel as null, which clears the field in the CRM.
    Null,
    /// Their fields are left out.
    Drop,
}

pub(crate) struct Fixer;
impl Fixer {
    pub(crate) fn new(_: Option<Arc<Rules>>, _: Empty) -> Self {
        Self
    }
    pub(crate) fn fix(&mut self, _: &[u8], _: &mut Vec<u8>) -> bool {
        false
    }
    pub(crate) fn fixed(&self) -> BTreeMap<FixKind, usize> {
        BTreeMap::new()
    }
}

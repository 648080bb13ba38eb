//! stub
use std::collections::BTreeMap;

use crate::error::Result;
use crate::names::{Provider, PushKind};
use crate::report::FindingCode;
pub(crate) struct Graph8Form;
impl Graph8Form {
    pub(crate) fn new(_: Provider, _: PushKind, _: &BTreeMap<String, String>) -> Result<Self> {
        Ok(Self)
    }
    pub(crate) fn rewrite(
        &self,
        row: &[u8],
        json: &mut Vec<u8>,
        _: &mut dyn FnMut(FindingCode, &str, Option<&str>, &str),
    ) -> Result<(), String> {
        json.extend_from_slice(row);
        Ok(())
    }
}

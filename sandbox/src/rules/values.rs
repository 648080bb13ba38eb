//! What a CRM stores of each value, or why it refuses it.

use serde_json::{Map, Value};

use super::{Member, Rules};
use crate::crms::Verdict;

impl Rules<'_> {
    /// What the parser refuses before anything else is looked at.
    pub(super) fn check_readable(&self, members: &[Member]) -> Result<(), String> {
        for member in members {
            if let Some(Verdict::Unreadable(message)) = self.verdict(member) {
                return Err(message);
            }
        }
        Ok(())
    }

    pub(super) fn check_values(&self, members: &[Member]) -> Result<Map<String, Value>, String> {
        let mut stored = Map::new();
        for member in members {
            let value = match self.verdict(member) {
                None | Some(Verdict::Absent) => continue,
                Some(Verdict::Kept(value)) => Some(value),
                Some(Verdict::Swallowed(value, _)) if !self.strict => value,
                Some(
                    Verdict::Swallowed(_, message)
                    | Verdict::Refused(message)
                    | Verdict::Unreadable(message),
                ) => return Err(message),
            };
            if let Some(value) = value {
                stored.insert(member.slug.to_owned(), value);
            }
        }
        Ok(stored)
    }

    /// What becomes of a member that is a field to be set.
    fn verdict(&self, member: &Member) -> Option<Verdict> {
        let field = member.field.filter(|field| !field.read_only)?;
        if member.is_relation {
            return Some(match member.value {
                // Which of the other's fields are external ids is not modelled.
                Value::Object(_) => Verdict::Kept(member.value.clone()),
                Value::Null => Verdict::Absent,
                _ => Verdict::Unreadable(format!("{} takes an object", member.slug)),
            });
        }
        Some((self.crm.fields.value)(field, member.value))
    }
}

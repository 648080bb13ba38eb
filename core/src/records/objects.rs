//! What no object of a record may be: one that has a name twice, or lies too deep.
//!
//! Of two fields of one name, the identity, a key, a check and the CRM could each take another.

use super::json::scan::{Cursor, Value, repeated_name};
use super::known_names::{KnownNames, Order};
use super::shape::both_become;

/// Levels of lists and objects within a record: JSON readers mostly take 127, of which a request's body, its list of
/// records and the record are three.
pub const MOST_LEVELS: usize = 124;

/// Looks at the objects of records, which mostly have the same names in the same order.
#[derive(Default)]
pub(crate) struct ObjectCheck {
    /// Names of the records' own fields.
    outer: KnownNames,
    /// Names within the objects that they hold.
    inner: KnownNames,
}

impl ObjectCheck {
    /// Why the record can't travel, if one of its objects is at fault.
    pub(crate) fn problem(&mut self, record: &[u8]) -> Option<String> {
        self.object(record, 0).err()
    }

    /// As `problem`, of any value.
    fn problem_of_value(&mut self, json: &[u8]) -> Option<String> {
        match json.first() {
            Some(b'[') => self.list(json, 0).err(),
            _ => self.problem(json),
        }
    }

    fn object(&mut self, json: &[u8], level: usize) -> Result<(), String> {
        // What is no object is refused elsewhere.
        let Some(mut cursor) = Cursor::inside(json).filter(|_| json.first() == Some(&b'{')) else {
            return Ok(());
        };
        let mut order = Order::new();
        while !cursor.is_at_end() {
            let known = if level == 0 {
                &mut self.outer
            } else {
                &mut self.inner
            };
            if take_name(known, &mut cursor, &mut order).is_none()
                || !self.value_and_on(&mut cursor, level)?
            {
                break;
            }
        }
        if !order.is_ascending
            && let Some(name) = repeated_name(json)
        {
            return Err(both_become(&name));
        }
        Ok(())
    }

    fn list(&mut self, json: &[u8], level: usize) -> Result<(), String> {
        let Some(mut cursor) = Cursor::inside(json) else {
            return Ok(());
        };
        while !cursor.is_at_end() && self.value_and_on(&mut cursor, level)? {}
        Ok(())
    }

    /// Looks at the value, and goes to the next; false at the end.
    #[inline]
    fn value_and_on(&mut self, cursor: &mut Cursor<'_>, level: usize) -> Result<bool, String> {
        match cursor.value() {
            None => return Ok(false),
            Some(Value::Object(_) | Value::List(_)) if level == MOST_LEVELS => {
                return Err(too_deep());
            }
            Some(Value::Object(json)) => self.object(json, level + 1)?,
            Some(Value::List(json)) => self.list(json, level + 1)?,
            Some(_) => {}
        }
        Ok(cursor.next() == Some(true))
    }
}

/// Goes behind the name where the cursor stands; `None` where none does. One with escapes, which may be another in
/// disguise, has no place.
#[inline]
fn take_name(names: &mut KnownNames, cursor: &mut Cursor<'_>, order: &mut Order) -> Option<()> {
    if let Some(opening) = names.opening(order.next)
        && cursor.take_opening(opening)
    {
        order.next += 1;
        return Some(());
    }
    let name = cursor.name()?;
    let is_plain = !name.has_escapes();
    order.note(
        is_plain
            .then(|| names.place(name.raw(), order.next))
            .flatten(),
    );
    Some(())
}

/// Why a value that was written by others can't travel, if one of its objects is at fault.
pub fn problem_of_value(json: &[u8]) -> Option<String> {
    ObjectCheck::default().problem_of_value(json)
}

/// The message about a value that lies too deep.
pub(crate) fn too_deep() -> String {
    format!("nested deeper than {MOST_LEVELS} levels: flatten it")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    fn problems(records: &[&str]) -> Vec<Option<String>> {
        let mut check = ObjectCheck::default();
        let records = records.iter();
        records
            .map(|record| check.problem(record.as_bytes()))
            .collect()
    }

    #[test]
    fn a_name_that_stands_twice_is_found_wherever_it_stands() {
        let records = [
            r#"{"a":1,"b":2}"#,
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{ "a" : 1 , "a" : 1 }"#,
            r#"{"b":{"a":1,"c":2},"a":[{"a":1},{"c":1,"a":2,"c":3}]}"#,
            r#"{"x":{"y":{"":1,"":2}}}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"\u0061":1,"a":2}"#,
            r#"{"\u0061":1,"\u0061":2}"#,
            "{\"\u{e9}\":1,\"\\u00e9\":2}",
        ];
        let names = ["", "a", "a", "c", "", "a", "a", "a", "\u{e9}"];
        for (place, (found, name)) in problems(&records).into_iter().zip(names).enumerate() {
            let expected = (place > 0).then(|| both_become(name));
            assert_eq!(found, expected, "{}", records[place]);
        }
        let fine = [
            r#"{"a":1,"b":2}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a":"\"a\":1","b":{"a":1,"b":[{"a":1},{"a":2}]}}"#,
            "{}",
            "{ }",
            r#"[{"a":1},{"a":1}]"#,
            r#"{"a":[],"b":[[]],"c":{}}"#,
            "7",
        ];
        assert_eq!(problems(&fine), vec![None; fine.len()]);
    }

    #[test]
    fn many_names_are_told_apart_as_few_are() {
        let names = (0..1_000).map(|name| format!("\"n{name}\":1"));
        let mut members: Vec<String> = names.collect();
        let record = |members: &[String]| format!("{{{}}}", members.join(","));
        let mut check = ObjectCheck::default();
        assert_eq!(check.problem(record(&members).as_bytes()), None);
        members.push("\"n700\":2".to_owned());
        let found = check.problem(record(&members).as_bytes());
        assert_eq!(found, Some(both_become("n700")));
    }

    #[test]
    fn so_many_levels_are_enough() {
        let lists = |levels| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        let objects = |levels| {
            format!(
                "{}1{}",
                "{\"a\":".repeat(levels + 1),
                "}".repeat(levels + 1)
            )
        };
        for nested in [lists, objects] {
            let of = |levels| problems(&[&nested(levels)]).remove(0);
            assert_eq!(of(MOST_LEVELS), None);
            assert_eq!(of(MOST_LEVELS + 1), Some(too_deep()));
            assert_eq!(of(100_000), Some(too_deep()));
        }
    }

    proptest! {
        /// As a set of the names says it.
        #[test]
        fn names_are_told_apart_in_any_order(
            records in proptest::collection::vec(
                proptest::collection::vec(("[a-c\u{e9}\"\\\\]{0,2}", any::<bool>()), 0..5),
                1..8,
            ),
            blank in "[ ]{0,1}",
        ) {
            let mut check = ObjectCheck::default();
            for names in records {
                let member = |(name, is_object): &(String, bool)| {
                    let value = if *is_object { r#"{"a":1}"# } else { "1" };
                    format!("{}{blank}:{blank}{value}", Json::from(name.as_str()))
                };
                let members: Vec<String> = names.iter().map(member).collect();
                let record = format!("{{{}}}", members.join(","));
                let set: BTreeSet<&String> = names.iter().map(|(name, _)| name).collect();
                let is_repeated = set.len() < names.len();
                prop_assert_eq!(check.problem(record.as_bytes()).is_some(), is_repeated, "{}", record);
            }
        }

        #[test]
        fn any_bytes_end_the_check(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let record = [&b"{\"a\":"[..], &bytes].concat();
            let _ = ObjectCheck::default().problem(&record);
        }
    }
}

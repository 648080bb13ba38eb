//! How a contract case's pattern is matched: objects partly, arrays element by element.

use serde_json::Value;

/// Where and how `actual` differs from `pattern`; `None` when it does not.
pub fn mismatch(pattern: &Value, actual: &Value, place: &str) -> Option<String> {
    match pattern {
        Value::Object(members) => {
            if let Some((operator, operand)) = members.iter().find(|(key, _)| key.starts_with('$'))
            {
                return operator_mismatch(operator, operand, actual, place);
            }
            let Value::Object(actual) = actual else {
                return Some(format!("{place}: expected an object, got {actual}"));
            };
            members.iter().find_map(|(key, inner)| {
                let inside = format!("{place}.{key}");
                match (inner.get("$absent"), actual.get(key)) {
                    (Some(_), None) => None,
                    (Some(_), Some(found)) => Some(format!("{inside}: expected none, got {found}")),
                    (None, None) => Some(format!("{inside}: missing")),
                    (None, Some(found)) => mismatch(inner, found, &inside),
                }
            })
        }
        Value::Array(elements) => match actual {
            Value::Array(found) if found.len() == elements.len() => elements
                .iter()
                .zip(found)
                .enumerate()
                .find_map(|(index, (inner, found))| {
                    mismatch(inner, found, &format!("{place}[{index}]"))
                }),
            _ => Some(format!(
                "{place}: expected {} elements, got {actual}",
                elements.len()
            )),
        },
        _ if pattern == actual => None,
        _ => Some(format!("{place}: expected {pattern}, got {actual}")),
    }
}

fn operator_mismatch(
    operator: &str,
    operand: &Value,
    actual: &Value,
    place: &str,
) -> Option<String> {
    let holds = match (operator, actual) {
        ("$any", _) => true,
        ("$contains", Value::String(text)) => {
            operand.as_str().is_some_and(|part| text.contains(part))
        }
        ("$contains", Value::Array(elements)) => elements.contains(operand),
        ("$length", Value::String(text)) => operand.as_u64() == Some(text.chars().count() as u64),
        ("$length", Value::Array(elements)) => operand.as_u64() == Some(elements.len() as u64),
        ("$length", Value::Object(members)) => operand.as_u64() == Some(members.len() as u64),
        _ => false,
    };
    (!holds).then(|| format!("{place}: expected {operator} {operand}, got {actual}"))
}

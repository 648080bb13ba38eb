//! How the CRMs' own metadata tell of fields.

use std::collections::BTreeSet;

use crate::facts::Field;

/// A field's options with what the interface shows for each: label, then value.
pub fn labelled(field: &Field) -> Vec<(String, &str)> {
    let options = field.options.as_deref().unwrap_or_default();
    let labels = field.option_labels.as_deref().unwrap_or_default();
    let given = labels.iter().map(Some).chain(std::iter::repeat(None));
    let mut shown = BTreeSet::new();
    options
        .iter()
        .zip(given)
        .map(|(value, label)| {
            let label = label.cloned().unwrap_or_else(|| spoken(value));
            // Two that would read alike are shown as they are.
            let label = if shown.insert(label.clone()) {
                label
            } else {
                value.clone()
            };
            (label, value.as_str())
        })
        .collect()
}

/// `COMPUTER_SOFTWARE` as "Computer Software"; words that have both cases stay as they are.
fn spoken(value: &str) -> String {
    let is_code = value.contains('_') || !value.contains(char::is_lowercase);
    if !is_code || value.contains(char::is_whitespace) || !value.contains(char::is_alphabetic) {
        return value.to_owned();
    }
    let words = value.split('_').map(|word| {
        let mut letters = word.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        first + &letters.as_str().to_lowercase()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_have_labels_of_their_own() {
        let field = json!({"slug": "x", "type": "enum", "options": ["COMPUTER_SOFTWARE", "1", "Mr.", "no_consent"], "option_labels": ["Software"]});
        let field: Field = serde_json::from_value(field).unwrap();
        let expected = [
            ("Software", "COMPUTER_SOFTWARE"),
            ("1", "1"),
            ("Mr.", "Mr."),
            ("No Consent", "no_consent"),
        ];
        assert_eq!(
            labelled(&field),
            expected.map(|(label, value)| (label.to_owned(), value))
        );
    }
}

//! Names without what people vary: capitals, blanks, punctuation.

/// Letters short of which two names are too easily close by chance.
const FEWEST_LETTERS: usize = 5;
/// Letters from which one wrong letter is a slip, and from which two are.
const ONE_SLIP: usize = 7;
const TWO_SLIPS: usize = 14;

/// Letters and digits alone, in small letters: `E-mail 1 - Value` is `email1value`.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of a name: at blanks, punctuation, and capitals after small letters.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            is_inside = false;
            continue;
        }
        if !is_inside || (was_small && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        is_inside = true;
        was_small = !c.is_uppercase();
    }
    words
}

/// Whether one plain name is the other mistyped.
pub(super) fn is_slip(one: &str, other: &str) -> bool {
    let digits = |name: &str| -> String { name.chars().filter(char::is_ascii_digit).collect() };
    let (one_has, other_has) = (one.chars().count(), other.chars().count());
    let letters = one_has.max(other_has);
    let is_comparable =
        one_has.min(other_has) >= FEWEST_LETTERS && one_has.abs_diff(other_has) <= 2;
    if !is_comparable || digits(one) != digits(other) {
        return false;
    }
    let distance = strsim::osa_distance(one, other);
    match distance {
        0 => true,
        // `State` and `Stage` are two words; `emial` has the letters of `email`.
        1 => letters >= ONE_SLIP || sorted(one) == sorted(other),
        2 => letters >= TWO_SLIPS,
        _ => false,
    }
}

fn sorted(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.chars().collect();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_its_letters_and_digits_are() {
        assert_eq!(plain("\u{feff} E-mail 1 - Value "), "email1value");
        assert_eq!(plain("LinkedIn_URL__c"), "linkedinurlc");
        assert_eq!(words("Business City"), ["business", "city"]);
        assert_eq!(words("accountId"), ["account", "id"]);
        assert_eq!(words("ZIP"), ["zip"]);
        assert_eq!(words("Pricebook2Id"), ["pricebook2", "id"]);
        assert!(words(" -- ").is_empty());
    }

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        for (one, other) in [
            ("emial", "email"),
            ("fristname", "firstname"),
            ("industy", "industry"),
            ("contry", "country"),
        ] {
            assert!(is_slip(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("stage", "state"),
            ("fax", "tax"),
            ("phone2", "phone3"),
            ("companynameforemails", "companyname"),
        ] {
            assert!(!is_slip(one, other), "{one} {other}");
        }
    }
}

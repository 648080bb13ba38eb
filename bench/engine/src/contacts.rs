//! Contacts made from their number: ten fields, about 300 bytes of JSON.

use std::io::{self, Write};
use std::ops::Range;

const FIRST_NAMES: [&str; 8] = [
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus",
];
const LAST_NAMES: [&str; 7] = [
    "Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen",
];
const TITLES: [&str; 3] = ["Head of Operations", "Account Executive", "Data Engineer"];

/// Appends contact `number`; `"email":` stands in it exactly once, which is what the sink counts.
pub(crate) fn write(json: &mut Vec<u8>, number: usize) -> io::Result<()> {
    let first = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last = LAST_NAMES[number % LAST_NAMES.len()];
    let title = TITLES[number % TITLES.len()];
    let company = number / 25;
    write!(
        json,
        "{{\"email\":\"{first}.{last}.{number}@company-{company}.example\",\
        \"firstname\":\"{first}\",\"lastname\":\"{last}\",\"phone\":\"+1 555 {number:08}\",\
        \"company\":\"Company {company} Holdings\",\"jobtitle\":\"{title}\",\
        \"website\":\"https://www.company-{company}.example/about\",\
        \"city\":\"San Francisco\",\"country\":\"United States\",\
        \"lifecyclestage\":\"marketingqualifiedlead\"}}"
    )
}

/// The contacts of `numbers`, parted by lone commas, between `before` and `after`.
pub(crate) fn joined(numbers: Range<usize>, before: &str, after: &str) -> io::Result<Vec<u8>> {
    let mut json = Vec::from(before);
    let first = numbers.start;
    for number in numbers {
        if number != first {
            json.push(b',');
        }
        write(&mut json, number)?;
    }
    json.extend_from_slice(after.as_bytes());
    Ok(json)
}

/// `0..records` in runs of `size`, the last one maybe shorter.
pub(crate) fn runs(records: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..records)
        .step_by(size)
        .map(move |start| start..records.min(start + size))
}

#[cfg(test)]
mod tests {
    use graph8_crm::Records;
    use memchr::memmem;

    use super::*;

    #[test]
    fn contacts_are_json_and_can_be_counted_by_their_email() {
        let json = joined(0..1_000, "[", "]").unwrap();
        assert_eq!(memmem::find_iter(&json, "\"email\":").count(), 1_000);
        assert!((280_000..340_000).contains(&json.len()), "{}", json.len());
        assert_eq!(Records::from_json_array(json).unwrap().len(), 1_000);
    }

    #[test]
    fn runs_cover_all_records() {
        assert_eq!(runs(25, 10).collect::<Vec<_>>(), [0..10, 10..20, 20..25]);
    }
}

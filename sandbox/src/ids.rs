//! Native record ids of the five CRMs, deterministic for a seed.

use fastrand::Rng;

const SALESFORCE_CHECK: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// What an id is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    Contact,
    Company,
    List,
}

/// The next id of a CRM; `number` counts its ids of that kind from 1.
pub fn next(provider: &str, kind: IdKind, number: u64, rng: &mut Rng) -> String {
    match provider {
        "hubspot" => match kind {
            IdKind::List => number.to_string(),
            _ => (512_345_678_000 + number).to_string(),
        },
        "salesforce" => salesforce(kind, number),
        "pipedrive" => number.to_string(),
        "zoho" => {
            let block = match kind {
                IdKind::Contact => 2_105_000,
                IdKind::Company => 3_106_000,
                IdKind::List => 987_000,
            };
            format!("5725767{:012}", block + number)
        }
        _ => uuid(rng),
    }
}

fn salesforce(kind: IdKind, number: u64) -> String {
    let prefix = match kind {
        IdKind::Contact => "003",
        IdKind::Company => "001",
        IdKind::List => "701",
    };
    let mut id = format!("{prefix}D000000{:0>5}", base62(number));
    let suffix = check_characters(&id);
    id.push_str(&suffix);
    id
}

fn base62(mut number: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from(
            DIGITS[usize::try_from(number % 62).unwrap_or_default()],
        ));
        number /= 62;
    }
    digits.iter().rev().collect()
}

/// For each of the three groups of five characters: bit i is set when character i is A-Z.
fn check_characters(id: &str) -> String {
    id.as_bytes()
        .chunks(5)
        .map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .filter(|(_, character)| character.is_ascii_uppercase())
                .fold(0_usize, |bits, (place, _)| bits | 1 << place);
            char::from(SALESFORCE_CHECK[bits])
        })
        .collect()
}

/// A random UUID's text, of the sandbox's own seeded source.
pub fn uuid(rng: &mut Rng) -> String {
    let bits = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (4 << 76) | (2 << 62);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Whether an id has the form of the CRM's own; some CRMs tell malformed ids from unknown ones.
pub fn is_well_formed(provider: &str, id: &str) -> bool {
    match provider {
        "salesforce" => {
            matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
        "sugarcrm" => id.len() <= 36,
        _ => !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_check_characters_reproduce_known_ids() {
        assert_eq!(check_characters("001D000000IRFma"), "IAH");
        assert_eq!(check_characters("003g5000002Dp5O"), "AAS");
    }

    #[test]
    fn ids_have_their_native_form() {
        let mut rng = Rng::with_seed(1);
        assert_eq!(next("salesforce", IdKind::Contact, 1, &mut rng).len(), 18);
        assert_eq!(next("zoho", IdKind::Contact, 1, &mut rng).len(), 19);
        assert_eq!(next("pipedrive", IdKind::Contact, 7, &mut rng), "7");
        assert_eq!(next("sugarcrm", IdKind::Contact, 1, &mut rng).len(), 36);
        assert_eq!(
            next("hubspot", IdKind::Contact, 1, &mut rng),
            "512345678001"
        );
    }
}

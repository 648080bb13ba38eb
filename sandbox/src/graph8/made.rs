//! The rows that every sandbox begins with: plausible, and as imperfect as collected rows are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::{Value, json};

use super::Row;

const SEED: u64 = 8;
const CONTACTS: usize = 1_000;
const COMPANIES: usize = 200;
const FIRST_CONTACT_ID: usize = 910_001;
const FIRST_COMPANY_ID: usize = 52_001;
/// Ids and sizes of the lists of contacts.
const LISTS: [(i64, usize); 4] = [(1, CONTACTS), (7, 0), (8, 60), (42, 250)];

const FIRST_NAMES: [&str; 20] = [
    "Amara",
    "Björn",
    "Chloé",
    "Diego",
    "Elif",
    "Farah",
    "Grace",
    "Hiroshi",
    "Inês",
    "Jonas",
    "Katarzyna",
    "Liam",
    "Mei",
    "Noor",
    "Olga",
    "Priya",
    "Quentin",
    "Rosa",
    "Søren",
    "Tomás",
];
const LAST_NAMES: [&str; 25] = [
    "Andersson",
    "Bianchi",
    "Castro",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Müller",
    "Nakamura",
    "O'Brien",
    "Petrov",
    "Quinn",
    "Rossi",
    "Šimek",
    "Tanaka",
    "Ueda",
    "van der Berg",
    "Weber",
    "Yılmaz",
    "Zhang",
];
const TITLES: [(&str, &str, &str); 8] = [
    ("VP of Marketing", "Marketing", "vp"),
    ("Head of Sales", "Sales", "director"),
    ("Account Executive", "Sales", "individual_contributor"),
    ("Chief Technology Officer", "Engineering", "c_level"),
    ("Revenue Operations Manager", "Operations", "manager"),
    ("Software Engineer", "Engineering", "individual_contributor"),
    ("Founder & CEO", "", "c_level"),
    ("Procurement Lead", "Finance", "manager"),
];
const PLACES: [(&str, &str, &str); 8] = [
    ("Austin", "Texas", "United States"),
    ("New York", "NY", "United States"),
    ("Berlin", "", "Germany"),
    ("Lyon", "Auvergne-Rhône-Alpes", "France"),
    ("London", "England", "United Kingdom"),
    ("São Paulo", "SP", "Brazil"),
    ("Osaka", "Osaka", "Japan"),
    ("Toronto", "Ontario", "Canada"),
];
const COMPANY_NAMES: [&str; 20] = [
    "Acme",
    "Bluefin",
    "Cobalt",
    "Driftwood",
    "Evergreen",
    "Foxglove",
    "Granite",
    "Harbor",
    "Ironbark",
    "Juniper",
    "Kestrel",
    "Larkspur",
    "Meridian",
    "Northwind",
    "Osprey",
    "Pinecrest",
    "Quarry",
    "Redwood",
    "Summit",
    "Tidewater",
];
const COMPANY_KINDS: [&str; 10] = [
    "Analytics",
    "Bank",
    "Foods",
    "Health",
    "Logistics",
    "Media",
    "Robotics",
    "Software",
    "Solar",
    "Travel",
];
const INDUSTRIES: [&str; 8] = [
    "Computer Software",
    "Financial Services",
    "Food & Beverages",
    "Hospital & Health Care",
    "Logistics and Supply Chain",
    "Media Production",
    "Renewables & Environment",
    "information technology & services",
];
const EMPLOYEES: [&str; 8] = [
    "51-200",
    "1,200",
    "11-50",
    "350",
    "10,001+",
    "1001-5000",
    "48",
    "",
];
const REVENUES: [&str; 7] = [
    "12500000",
    "$12M",
    "1,250,000",
    "10M-50M",
    "4500000.50",
    "undisclosed",
    "",
];
const OWNERS: [(&str, &str); 3] = [
    ("usr_01", "Dana Wolfe"),
    ("usr_02", "Sam Ortiz"),
    ("usr_03", "Robin Achterberg"),
];

/// The made rows and lists.
pub struct Made {
    pub contacts: Vec<Row>,
    pub companies: Vec<Row>,
    /// Contact ids by list id.
    pub lists: BTreeMap<i64, Vec<String>>,
}

/// Made once: the same in every sandbox, whatever its seed.
pub static MADE: LazyLock<Made> = LazyLock::new(|| {
    let mut rng = Rng::with_seed(SEED);
    let companies: Vec<Row> = (0..COMPANIES)
        .map(|index| company(index, &mut rng))
        .collect();
    let mut contacts: Vec<Row> = (0..CONTACTS)
        .map(|index| contact(index, &companies, &mut rng))
        .collect();
    // People come twice in collected rows.
    for index in (124..CONTACTS).step_by(125) {
        let email = contacts[index - 1]["work_email"].clone();
        contacts[index].insert("work_email".to_owned(), email);
    }
    let lists = LISTS.into_iter().map(|(id, size)| {
        let mut ids: Vec<usize> = (FIRST_CONTACT_ID..).take(CONTACTS).collect();
        rng.shuffle(&mut ids);
        ids.truncate(size);
        ids.sort_unstable();
        (id, ids.iter().map(ToString::to_string).collect())
    });
    let lists = lists.collect();
    Made {
        contacts,
        companies,
        lists,
    }
});

fn company(index: usize, rng: &mut Rng) -> Row {
    let (name, kind) = (
        COMPANY_NAMES[index % COMPANY_NAMES.len()],
        COMPANY_KINDS[index / COMPANY_NAMES.len() % COMPANY_KINDS.len()],
    );
    let domain = format!("{name}-{kind}.example").to_lowercase();
    let website = match index % 6 {
        0 => json!(format!("https://www.{domain}")),
        1 => json!(format!("http://{domain}/")),
        2 => json!(domain),
        3 => json!(format!("www.{domain}")),
        4 => Value::Null,
        _ => json!(format!("https://{domain}/en?utm_source=list")),
    };
    let (city, state, country) = place(rng);
    let employees = pick(rng, &EMPLOYEES);
    let (owner_id, owner_name) = owner(index, rng);
    row(json!({
        "id": FIRST_COMPANY_ID + index,
        "name": if index % 40 == 39 { Value::Null } else { json!(format!("{name} {kind}")) },
        "description": unless(rng.u8(..4) == 0, json!(format!("{name} makes {kind} simple.\nSince always."))),
        "domain": unless(index % 25 == 24, json!(domain)),
        "website": website,
        "industry": unless(index % 20 == 7, json!(pick(rng, &INDUSTRIES))),
        "employee_count": unless(index % 10 == 3, json!(employees)),
        "revenue": unless(index % 10 == 6, json!(pick(rng, &REVENUES))),
        "founded_year": unless(index % 15 == 4, json!(rng.u16(1890..2025))),
        "city": city,
        "state": state,
        "country": country,
        "linkedin_url": unless(index % 8 == 1, json!(format!("linkedin.com/company/{name}-{kind}").to_lowercase())),
        "linkedin_followers": unless(index % 8 == 1, json!(rng.u32(12..250_000))),
        "logo_url": unless(index % 3 == 1, json!(format!("https://logo.{domain}/64.png"))),
        "owner_id": owner_id,
        "owner_name": owner_name,
        "custom_fields": match index % 5 {
            0 => Value::Null,
            1 => json!({}),
            _ => json!({
                "udo_segment": pick(rng, &["Enterprise", "Mid-Market", "SMB"]),
                "udo_account_score": rng.u8(..=100),
                "udo_renewal_date": format!("2026-{:02}-{:02}", rng.u8(1..=12), rng.u8(1..=28)),
            }),
        },
    }))
}

fn contact(index: usize, companies: &[Row], rng: &mut Rng) -> Row {
    let first = FIRST_NAMES[index % FIRST_NAMES.len()];
    let last = LAST_NAMES[index / FIRST_NAMES.len() % LAST_NAMES.len()];
    let company = &companies[rng.usize(..companies.len())];
    let domain = company["domain"].as_str().unwrap_or("mail.example");
    // Every second five hundred share their names with the first.
    let number = index / (FIRST_NAMES.len() * LAST_NAMES.len());
    let number = if number == 0 {
        String::new()
    } else {
        (number + 1).to_string()
    };
    let address = format!("{}.{}{number}@{domain}", ascii(first), ascii(last));
    let email = match index {
        _ if index % 25 == 7 => Value::Null,
        _ if index % 50 == 13 => json!(""),
        _ if index % 250 == 101 => json!("n/a"),
        _ if index % 200 == 78 => json!(format!(" {address} ")),
        _ if index % 100 == 55 => json!(address.to_uppercase()),
        _ => json!(address),
    };
    let (title, department, seniority) = TITLES[rng.usize(..TITLES.len())];
    let (city, state, country) = place(rng);
    let (owner_id, owner_name) = owner(index, rng);
    row(json!({
        "id": FIRST_CONTACT_ID + index,
        "first_name": unless(index % 60 == 21, json!(first)),
        "last_name": if index % 80 == 33 { json!("") } else { unless(index % 40 == 9, json!(last)) },
        "work_email": email,
        "direct_phone": unless(index % 3 == 1, json!(phone(rng))),
        "mobile_phone": unless(index % 2 == 1, json!(phone(rng))),
        "job_title": unless(index % 30 == 17, json!(title)),
        "job_department": department,
        "seniority_level": seniority,
        "linkedin_url": unless(index % 6 == 5, json!(format!("https://www.linkedin.com/in/{}-{}-{index}", ascii(first), ascii(last)))),
        "city": city,
        "state": state,
        "country": country,
        "company_id": unless(index % 14 == 3, company["id"].clone()),
        "owner_id": owner_id,
        "owner_name": owner_name,
        "custom_fields": match index % 4 {
            0 => Value::Null,
            1 => json!({}),
            _ => json!({
                "udo_segment": pick(rng, &["Enterprise", "Mid-Market", "SMB", ""]),
                "udo_lead_score": rng.u8(..=100),
                "udo_is_vip": rng.bool(),
                "udo_last_touch": format!("2025-{:02}-{:02}T09:{:02}:00.250Z", rng.u8(1..=12), rng.u8(1..=28), rng.u8(..60)),
                "udo_topics": ["pricing", "security"],
            }),
        },
    }))
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

fn unless(is_missing: bool, value: Value) -> Value {
    if is_missing { Value::Null } else { value }
}

fn pick<'a>(rng: &mut Rng, choices: &[&'a str]) -> &'a str {
    choices[rng.usize(..choices.len())]
}

fn place(rng: &mut Rng) -> (Value, Value, Value) {
    let (city, state, country) = PLACES[rng.usize(..PLACES.len())];
    let is_known = rng.u8(..10) > 0;
    (
        unless(!is_known, json!(city)),
        json!(state),
        unless(rng.u8(..20) == 0, json!(country)),
    )
}

fn owner(index: usize, rng: &mut Rng) -> (Value, Value) {
    if index % 5 == 2 {
        return (Value::Null, Value::Null);
    }
    let (id, name) = OWNERS[rng.usize(..OWNERS.len())];
    (json!(id), json!(name))
}

/// Of numbers that nobody has.
fn phone(rng: &mut Rng) -> String {
    let number = rng.u32(100..200);
    match rng.u8(..3) {
        0 => format!("+1 (512) 555-0{number}"),
        1 => format!("+15125550{number}"),
        _ => format!("512.555.0{number}"),
    }
}

/// The name as addresses spell it.
fn ascii(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter_map(|character| match character {
            'a'..='z' => Some(character),
            'á' | 'ã' | 'ä' => Some('a'),
            'é' | 'ê' => Some('e'),
            'í' | 'ı' => Some('i'),
            'ö' | 'ø' => Some('o'),
            'ü' => Some('u'),
            'š' => Some('s'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTACT: [&str; 17] = [
        "id",
        "first_name",
        "last_name",
        "work_email",
        "direct_phone",
        "mobile_phone",
        "job_title",
        "job_department",
        "seniority_level",
        "linkedin_url",
        "city",
        "state",
        "country",
        "company_id",
        "owner_id",
        "owner_name",
        "custom_fields",
    ];
    const COMPANY: [&str; 18] = [
        "id",
        "name",
        "description",
        "domain",
        "website",
        "industry",
        "employee_count",
        "revenue",
        "founded_year",
        "city",
        "state",
        "country",
        "linkedin_url",
        "linkedin_followers",
        "logo_url",
        "owner_id",
        "owner_name",
        "custom_fields",
    ];

    #[test]
    fn every_row_has_the_documented_members_and_no_others() {
        for (rows, members) in [
            (&MADE.contacts, &CONTACT[..]),
            (&MADE.companies, &COMPANY[..]),
        ] {
            for row in rows {
                assert_eq!(row.len(), members.len());
                assert!(
                    members.iter().all(|member| row.contains_key(*member)),
                    "{row:?}"
                );
            }
        }
    }

    #[test]
    fn rows_are_as_imperfect_as_collected_ones() {
        let count =
            |rows: &[Row], is_so: fn(&Row) -> bool| rows.iter().filter(|row| is_so(row)).count();
        let (contacts, companies) = (&MADE.contacts, &MADE.companies);
        assert_eq!((contacts.len(), companies.len()), (CONTACTS, COMPANIES));
        assert!(count(contacts, |row| row["work_email"].is_null()) >= 40);
        assert!(count(contacts, |row| row["work_email"] == "") >= 10);
        assert!(count(contacts, |row| row["last_name"].is_null()) >= 20);
        assert!(count(companies, |row| row["employee_count"] == "51-200") >= 5);
        assert!(count(companies, |row| row["employee_count"] == "1,200") >= 5);
        assert!(count(companies, |row| row["custom_fields"].is_null()) >= 20);
        let mut emails: Vec<&str> = contacts
            .iter()
            .filter_map(|row| row["work_email"].as_str())
            .collect();
        emails.retain(|email| email.contains('@'));
        let all = emails.len();
        emails.sort_unstable();
        emails.dedup();
        assert_eq!(all - emails.len(), 8);
    }

    #[test]
    fn lists_have_their_sizes() {
        for (id, size) in LISTS {
            assert_eq!(MADE.lists[&id].len(), size);
        }
    }
}

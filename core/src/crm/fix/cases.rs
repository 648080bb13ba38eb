//! What is mended and what is not, CRM by CRM: the table of `docs/checking.md`.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Empty, Fixer};
use crate::crm::check::has_fault;
use crate::crm::rules::{Rules, crm_name};
use crate::names::{Provider, PushKind};
use crate::reads::Field;
use crate::report::FixKind;

use Provider::{Hubspot, Pipedrive, Salesforce, Sugarcrm, Zoho};
use PushKind::{Companies, Contacts};

/// A value of one field, as it is handed in and as it travels.
pub(super) struct Case {
    pub(super) provider: Provider,
    pub(super) entity: PushKind,
    pub(super) field: &'static str,
    pub(super) from: &'static str,
    /// `None` where it stays as it is.
    pub(super) to: Option<&'static str>,
    pub(super) kinds: &'static [FixKind],
    /// Why it stays.
    pub(super) why: &'static str,
}

const fn mended(
    provider: Provider,
    entity: PushKind,
    field: &'static str,
    from: &'static str,
    to: &'static str,
    kinds: &'static [FixKind],
) -> Case {
    Case {
        provider,
        entity,
        field,
        from,
        to: Some(to),
        kinds,
        why: "",
    }
}

const fn stays(
    provider: Provider,
    entity: PushKind,
    field: &'static str,
    from: &'static str,
    why: &'static str,
) -> Case {
    Case {
        provider,
        entity,
        field,
        from,
        to: None,
        kinds: &[],
        why,
    }
}

const BLANKS: &[FixKind] = &[FixKind::Blanks];
const FLOAT: &[FixKind] = &[FixKind::WholeFloat];
const NUMBER: &[FixKind] = &[FixKind::NumberFromText];
const TEXT: &[FixKind] = &[FixKind::TextFromNumber];
const FLAG: &[FixKind] = &[FixKind::BooleanFromText];
const FLAG_TEXT: &[FixKind] = &[FixKind::TextFromBoolean];
const DATE: &[FixKind] = &[FixKind::Date];
const MOMENT: &[FixKind] = &[FixKind::DateTime];
const JOINED: &[FixKind] = &[FixKind::ListJoined];
const LIST: &[FixKind] = &[FixKind::ListForm];
const LABEL: &[FixKind] = &[FixKind::OptionLabel];
const JOINED_LABELS: &[FixKind] = &[FixKind::ListJoined, FixKind::OptionLabel];
const LIST_LABELS: &[FixKind] = &[FixKind::ListForm, FixKind::OptionLabel];

/// Keys of fields of Pipedrive's customer.
const PD_TIER: &str = "7e1e0000000000000000000000000000000000a1";
const PD_TAGS: &str = "7e1e0000000000000000000000000000000000a2";
const PD_SEATS: &str = "7e1e0000000000000000000000000000000000a3";
const PD_SCORE: &str = "7e1e0000000000000000000000000000000000a4";
const PD_BORN: &str = "7e1e0000000000000000000000000000000000a5";
const PD_CODE: &str = "7e1e0000000000000000000000000000000000a6";
const PD_PLACE: &str = "7e1e0000000000000000000000000000000000a7";

/// Fields of a customer, beside the standard ones.
pub(super) fn custom_fields(provider: Provider) -> Value {
    let options = json!([{"value": "gold", "label": "Gold plan"}, {"value": "silver", "label": "Silver plan"}]);
    match provider {
        Hubspot => json!([
            {"slug": "tier", "type": "enumeration", "fieldType": "select", "options": options},
            {"slug": "tiers", "type": "enumeration", "fieldType": "checkbox", "options": options},
            {"slug": "score", "type": "number", "fieldType": "number"},
            {"slug": "is_vip", "type": "bool", "fieldType": "booleancheckbox"},
            {"slug": "born", "type": "date", "fieldType": "date"},
            {"slug": "seen", "type": "datetime", "fieldType": "date"},
        ]),
        Salesforce => json!([
            {"slug": "Tier__c", "type": "picklist", "restrictedPicklist": true, "picklistValues": options},
            {"slug": "Tiers__c", "type": "multipicklist", "picklistValues": options},
            {"slug": "Score__c", "type": "double"},
            {"slug": "Seats__c", "type": "int"},
            {"slug": "Seen__c", "type": "datetime"},
        ]),
        Pipedrive => json!([
            {"slug": PD_TIER, "type": "enum", "options": [{"id": 71, "label": "Gold plan"}, {"id": 72, "label": "Silver plan"}]},
            {"slug": PD_TAGS, "type": "set", "options": [{"id": 81, "label": "North"}, {"id": 82, "label": "South"}]},
            {"slug": PD_SEATS, "type": "int"},
            {"slug": PD_SCORE, "type": "double"},
            {"slug": PD_BORN, "type": "date"},
            {"slug": PD_CODE, "type": "varchar"},
            {"slug": PD_PLACE, "type": "address"},
        ]),
        Zoho => json!([
            {"slug": "Tier", "type": "picklist", "pick_list_values": [
                {"display_value": "Gold plan", "actual_value": "gold"}, {"display_value": "Silver plan", "actual_value": "silver"}]},
            {"slug": "Tiers", "type": "multiselectpicklist", "pick_list_values": [
                {"display_value": "Gold plan", "actual_value": "gold"}, {"display_value": "Silver plan", "actual_value": "silver"}]},
            {"slug": "Score", "type": "double"},
            {"slug": "Seats", "type": "integer"},
            {"slug": "Seen", "type": "datetime"},
        ]),
        Sugarcrm => json!([
            {"slug": "tier_c", "type": "enum", "options": {"gold": "Gold plan", "silver": "Silver plan"}},
            {"slug": "tiers_c", "type": "multienum", "options": {"gold": "Gold plan", "silver": "Silver plan"}},
            {"slug": "seats_c", "type": "int"},
            {"slug": "seen_c", "type": "datetime"},
        ]),
    }
}

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    // Blanks
    stays(Hubspot, Contacts, "email", r#""ada@x.test\nbob@x.test""#, "two addresses, or one in two lines"),
    stays(Zoho, Contacts, "Email", r#""ada\u00a0lovelace@x.test""#, "which character is missing?"),
    mended(Hubspot, Contacts, "email", r#"" ada@x.test\n""#, r#""ada@x.test""#, BLANKS),
    mended(Hubspot, Contacts, "email", r#""\u00a0ada\u200b@x.test""#, r#""ada@x.test""#, BLANKS),
    mended(Hubspot, Companies, "domain", r#""x.test ""#, r#""x.test""#, BLANKS),
    mended(Hubspot, Contacts, "tier", r#""gold ""#, r#""gold""#, BLANKS),
    mended(Hubspot, Contacts, "hubspot_owner_id", r#"" 12345""#, r#""12345""#, BLANKS),
    mended(Salesforce, Contacts, "Email", r#"" ada@x.test""#, r#""ada@x.test""#, BLANKS),
    mended(Salesforce, Contacts, "AccountId", r#""001D000000IRFmaIAH\t""#, r#""001D000000IRFmaIAH""#, BLANKS),
    mended(Salesforce, Companies, "Website", r#"" https://x.test""#, r#""https://x.test""#, BLANKS),
    mended(Pipedrive, Contacts, "name", r#""Ada ""#, r#""Ada""#, BLANKS),
    mended(Pipedrive, Contacts, "email", r#"" ada@x.test""#, r#""ada@x.test""#, BLANKS),
    mended(Pipedrive, Contacts, "phones", r#"["5550100 "]"#, r#"["5550100"]"#, BLANKS),
    mended(Pipedrive, Contacts, "emails", r#"[{"value":" ada@x.test","primary":true,"label":"work"}]"#, r#"[{"value":"ada@x.test","primary":true,"label":"work"}]"#, BLANKS),
    mended(Zoho, Contacts, "Email", r#""ada@x.test\u200b""#, r#""ada@x.test""#, BLANKS),
    mended(Zoho, Contacts, "Account_Name", r#"{"id":" 5725767000002105043"}"#, r#"{"id":"5725767000002105043"}"#, BLANKS),
    mended(Sugarcrm, Contacts, "email1", r#"" ada@x.test""#, r#""ada@x.test""#, BLANKS),
    mended(Sugarcrm, Contacts, "email", r#"[{"email_address":"ada@x.test "}]"#, r#"[{"email_address":"ada@x.test"}]"#, BLANKS),
    mended(Sugarcrm, Contacts, "account_id", r#"" f3a3c5c2-6f0b-11ee-9a4d-0242ac120003""#, r#""f3a3c5c2-6f0b-11ee-9a4d-0242ac120003""#, BLANKS),
    mended(Hubspot, Contacts, "firstname", r#"" Ada""#, r#""Ada""#, BLANKS),
    stays(Hubspot, Contacts, "message", r#"" Ada""#, "text of several lines may begin with blanks"),
    stays(Hubspot, Contacts, "email", r#""ada lovelace@x.test""#, "which of the characters is wrong?"),
    // Whole floats
    mended(Hubspot, Contacts, "phone", "5550100.0", r#""5550100""#, FLOAT),
    mended(Hubspot, Contacts, "seen", "1769817600000.0", "1769817600000", FLOAT),
    mended(Salesforce, Contacts, "Phone", "5550100.0", r#""5550100""#, FLOAT),
    mended(Pipedrive, Contacts, "phones", "5550100.0", r#""5550100""#, FLOAT),
    mended(Pipedrive, Contacts, "phone", r#"[{"value":5550100.0}]"#, r#"[{"value":"5550100"}]"#, FLOAT),
    mended(Salesforce, Companies, "NumberOfEmployees", "250.0", "250", FLOAT),
    mended(Zoho, Companies, "Employees", "250.0", "250", FLOAT),
    mended(Zoho, Contacts, "Phone", "5550100.0", r#""5550100""#, FLOAT),
    mended(Sugarcrm, Contacts, "phone_work", "5550100.0", r#""5550100""#, FLOAT),
    stays(Hubspot, Contacts, "score", "12.0", "HubSpot takes it"),
    stays(Salesforce, Companies, "NumberOfEmployees", "250.5", "half would be lost"),
    mended(Hubspot, Contacts, "phone", r#""5550100.0""#, r#""5550100""#, FLOAT),
    // Numbers from text
    mended(Hubspot, Contacts, "score", r#"" 12.50""#, "12.50", NUMBER),
    mended(Salesforce, Contacts, "Score__c", r#""12.50""#, "12.50", NUMBER),
    mended(Pipedrive, Companies, "employee_count", r#""250""#, "250", NUMBER),
    mended(Pipedrive, Contacts, "org_id", r#"" 17""#, "17", NUMBER),
    mended(Zoho, Companies, "Employees", r#""250""#, "250", NUMBER),
    mended(Zoho, Companies, "Annual_Revenue", r#""1200000.50""#, "1200000.50", NUMBER),
    mended(Zoho, Contacts, "Seats", r#""250.0""#, "250", NUMBER),
    mended(Salesforce, Companies, "NumberOfEmployees", r#""250.0""#, "250", NUMBER),
    stays(Zoho, Companies, "Employees", r#""1,200""#, "1200, or 1.2 as some write it"),
    stays(Zoho, Companies, "Employees", r#""1.000""#, "1, or 1000 as some write it"),
    stays(Zoho, Companies, "Employees", r#""51-200""#, "a range is no number"),
    stays(Zoho, Companies, "SIC_Code", r#""0111""#, "its zeros may mean something"),
    stays(Zoho, Companies, "Annual_Revenue", r#""12345678901234567890""#, "a JSON number would lose digits"),
    stays(Hubspot, Contacts, "score", r#""12.50""#, "HubSpot takes it"),
    // Text from numbers
    mended(Salesforce, Contacts, "MailingPostalCode", "10115", r#""10115""#, TEXT),
    mended(Zoho, Contacts, "Mailing_Zip", "10115", r#""10115""#, TEXT),
    mended(Zoho, Contacts, "Account_Name", "5725767000002105043", r#"{"id":"5725767000002105043"}"#, LIST),
    mended(Zoho, Contacts, "Owner", r#""5725767000002105043""#, r#"{"id":"5725767000002105043"}"#, LIST),
    mended(Zoho, Contacts, "Account_Name", r#"{"id":5725767000002105043}"#, r#"{"id":"5725767000002105043"}"#, TEXT),
    mended(Pipedrive, Contacts, "name", "7", r#""7""#, TEXT),
    mended(Pipedrive, Contacts, "phone", "5550100", r#""5550100""#, TEXT),
    stays(Hubspot, Contacts, "zip", "10115", "HubSpot takes it"),
    stays(Salesforce, Contacts, "MailingPostalCode", "1.5e-9", "nobody writes such a text"),
    // Flags from text
    mended(Hubspot, Contacts, "is_vip", r#""True""#, "true", FLAG),
    mended(Hubspot, Contacts, "is_vip", "1", "true", FLAG),
    mended(Salesforce, Contacts, "DoNotCall", r#""FALSE""#, "false", FLAG),
    mended(Salesforce, Contacts, "DoNotCall", "0", "false", FLAG),
    mended(Zoho, Contacts, "Email_Opt_Out", r#""true""#, "true", FLAG),
    mended(Sugarcrm, Contacts, "do_not_call", r#""True""#, "true", FLAG),
    stays(Zoho, Contacts, "Email_Opt_Out", r#""yes""#, "not true or false in so many letters"),
    stays(Hubspot, Contacts, "is_vip", r#""true""#, "HubSpot takes it"),
    // Text from flags
    mended(Salesforce, Contacts, "Department", "true", r#""true""#, FLAG_TEXT),
    mended(Zoho, Contacts, "Department", "false", r#""false""#, FLAG_TEXT),
    mended(Pipedrive, Contacts, "name", "true", r#""true""#, FLAG_TEXT),
    stays(Hubspot, Contacts, "jobtitle", "true", "HubSpot takes it"),
    // Dates
    mended(Hubspot, Contacts, "born", r#""2026-01-31T10:00:00+02:00""#, r#""2026-01-31""#, DATE),
    mended(Hubspot, Contacts, "born", r#""31/01/2026""#, r#""2026-01-31""#, DATE),
    mended(Salesforce, Contacts, "Birthdate", r#""2026-01-31T00:00:00""#, r#""2026-01-31""#, DATE),
    mended(Salesforce, Contacts, "Birthdate", r#""2026-01-31T23:30:00-08:00""#, r#""2026-01-31""#, DATE),
    mended(Pipedrive, Contacts, PD_BORN, r#""2026/01/31""#, r#""2026-01-31""#, DATE),
    mended(Zoho, Contacts, "Date_of_Birth", r#""2026-01-31 00:00:00""#, r#""2026-01-31""#, DATE),
    mended(Sugarcrm, Contacts, "birthdate", r#""12/31/2026""#, r#""2026-12-31""#, DATE),
    stays(Salesforce, Contacts, "Birthdate", r#""01/02/2026""#, "1 February or 2 January"),
    stays(Hubspot, Contacts, "born", r#""1769817600000""#, "HubSpot takes it: it is midnight UTC"),
    stays(Hubspot, Contacts, "born", "1769853600000", "whose midnight?"),
    stays(Zoho, Contacts, "Date_of_Birth", "1769817600000", "seconds or milliseconds, and of which zone?"),
    stays(Zoho, Contacts, "Date_of_Birth", r#""2026-02-30""#, "no such day"),
    // Dates with a time
    mended(Hubspot, Contacts, "seen", r#""2026-01-31 10:00:00+01:00""#, r#""2026-01-31T10:00:00+01:00""#, MOMENT),
    mended(Hubspot, Contacts, "seen", r#""2026-01-31 10:00:00+01""#, r#""2026-01-31T10:00:00+01:00""#, MOMENT),
    mended(Salesforce, Contacts, "Seen__c", r#""2026-01-31T10:00:00+01""#, r#""2026-01-31T10:00:00+01:00""#, MOMENT),
    mended(Salesforce, Contacts, "Seen__c", r#""2026-01-31 10:00:00 UTC""#, r#""2026-01-31T10:00:00+00:00""#, MOMENT),
    mended(Pipedrive, Contacts, "add_time", r#""2026-01-31T10:00:00.123Z""#, r#""2026-01-31T10:00:00+00:00""#, MOMENT),
    mended(Zoho, Contacts, "Seen", r#""2026-01-31T10:00:00.123456+01:00""#, r#""2026-01-31T10:00:00+01:00""#, MOMENT),
    mended(Hubspot, Contacts, "seen", r#""2026-01-31 10:00:00 UTC""#, r#""2026-01-31T10:00:00+00:00""#, MOMENT),
    mended(Sugarcrm, Contacts, "seen_c", r#""31/01/2026 10:00Z""#, r#""2026-01-31T10:00:00+00:00""#, MOMENT),
    stays(Zoho, Contacts, "Seen", r#""2026-01-31T10:00:00""#, "ten o'clock in which zone?"),
    stays(Sugarcrm, Contacts, "seen_c", r#""2026-01-31 10:00:00""#, "of which zone?"),
    stays(Salesforce, Contacts, "Seen__c", r#""2026-01-31""#, "at what time?"),
    stays(Salesforce, Contacts, "Seen__c", r#""2026-01-31T10:00:00.000+0000""#, "Salesforce takes it"),
    // Lists joined
    mended(Hubspot, Contacts, "tiers", r#"["gold","silver"]"#, r#""gold;silver""#, JOINED),
    mended(Hubspot, Contacts, "hs_buying_role", r#"["CHAMPION"]"#, r#""CHAMPION""#, JOINED),
    mended(Hubspot, Contacts, "tiers", r#"["Gold plan","silver"]"#, r#""gold;silver""#, JOINED_LABELS),
    mended(Salesforce, Contacts, "Tiers__c", r#"["gold","silver"]"#, r#""gold;silver""#, JOINED),
    stays(Hubspot, Contacts, "tiers", r#"["gold;silver"]"#, "one option or two?"),
    stays(Hubspot, Contacts, "tiers", r#"["gold",null]"#, "null is no option"),
    // Lists and objects
    mended(Pipedrive, Contacts, "emails", r#"{"value":"ada@x.test"}"#, r#"[{"value":"ada@x.test"}]"#, LIST),
    mended(Pipedrive, Contacts, "label_ids", "1", "[1]", LIST),
    mended(Pipedrive, Contacts, PD_TAGS, r#""North,82""#, "[81,82]", LIST_LABELS),
    mended(Pipedrive, Contacts, PD_PLACE, r#""Main Street 1, Town""#, r#"{"value":"Main Street 1, Town"}"#, LIST),
    mended(Zoho, Contacts, "Tiers", r#""gold;silver""#, r#"["gold","silver"]"#, LIST),
    mended(Zoho, Contacts, "Tag", r#"["new"]"#, r#"[{"name":"new"}]"#, LIST),
    mended(Sugarcrm, Contacts, "tag", r#""new""#, r#"["new"]"#, LIST),
    mended(Sugarcrm, Contacts, "email", r#""ada@x.test""#, r#"[{"email_address":"ada@x.test","primary_address":true}]"#, LIST),
    mended(Sugarcrm, Contacts, "tiers_c", r#""gold;silver""#, r#"["gold","silver"]"#, LIST),
    stays(Pipedrive, Contacts, "phones", r#"["1","2"]"#, "Pipedrive takes it"),
    stays(Pipedrive, Contacts, "email", r#""ada@x.test""#, "Pipedrive takes it"),
    stays(Zoho, Contacts, "Tiers", r#""gold;bronze""#, "bronze is no option"),
    // Labels
    mended(Hubspot, Contacts, "tier", r#""Gold plan""#, r#""gold""#, LABEL),
    mended(Hubspot, Contacts, "hs_lead_status", r#""in_progress""#, r#""IN_PROGRESS""#, LABEL),
    mended(Salesforce, Contacts, "Tier__c", r#""silver PLAN""#, r#""silver""#, LABEL),
    mended(Pipedrive, Contacts, PD_TIER, r#""Gold plan""#, "71", LABEL),
    mended(Pipedrive, Contacts, PD_TAGS, r#"["North","South"]"#, "[81,82]", LABEL),
    mended(Pipedrive, Contacts, "visible_to", r#""3""#, "3", NUMBER),
    mended(Zoho, Contacts, "Tier", r#""Gold plan""#, r#""gold""#, LABEL),
    mended(Sugarcrm, Contacts, "tier_c", r#""Gold plan""#, r#""gold""#, LABEL),
    stays(Hubspot, Contacts, "tier", r#""bronze""#, "no option has this value or label"),
];

/// The fields as the service tells them: the standard ones and the customer's own.
pub(super) fn live_fields(provider: Provider, entity: PushKind, custom: Value) -> Vec<Field> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let facts = std::fs::read(root.join(format!("facts/{provider}.json"))).unwrap();
    let mut facts: Value = serde_json::from_slice(&facts).unwrap();
    let standard = facts["entities"][entity.as_str()]["fields"].take();
    let all = [standard, custom];
    all.iter()
        .flat_map(|fields| fields.as_array().unwrap())
        .map(|field| {
            let own = ["slug", "name", "type", "required", "label"];
            let (known, extra): (Map<_, _>, Map<_, _>) = field
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .partition(|(name, _)| own.contains(&name.as_str()));
            let mut known = known;
            known.insert("extra".to_owned(), Value::Object(extra));
            serde_json::from_value(Value::Object(known)).unwrap()
        })
        .collect()
}

/// A record around the value, where that CRM has it.
fn record(case: &Case, value: &str) -> String {
    let name = Value::from(case.field);
    if case.field.len() == 40 {
        format!(r#"{{"a":1, "custom_fields" : {{ {name} : {value} }}}}"#)
    } else {
        format!(r#"{{"a":1, {name} : {value} }}"#)
    }
}

#[test]
fn each_case_is_mended_as_the_table_says() {
    for case in CASES {
        let Case {
            provider,
            field,
            from,
            ..
        } = case;
        let live = live_fields(*provider, case.entity, custom_fields(*provider));
        let rules = Arc::new(Rules::new(*provider, case.entity, &live));
        let mut fixer = Fixer::new(Some(Arc::clone(&rules)), Empty::Keep);
        let mut json = Vec::new();
        let is_changed = fixer.fix(record(case, from).as_bytes(), &mut json);
        let json = String::from_utf8(json).unwrap();
        assert_eq!(
            is_changed,
            case.to.is_some(),
            "{provider} {field} {from}: {json}"
        );
        let Some(to) = case.to else {
            assert_eq!(json, "", "{provider} {field} {from}");
            continue;
        };
        let rule = rules.field(field).unwrap();
        assert!(
            !has_fault(&rules, rule, to.as_bytes()),
            "{provider} {field}: {to} has a fault"
        );
        assert_eq!(json, record(case, to), "{provider} {field} {from}");
        let kinds: Vec<FixKind> = fixer.fixed().into_keys().collect();
        assert_eq!(kinds, case.kinds, "{provider} {field} {from}");
        assert!(
            !fixer.fix(json.as_bytes(), &mut Vec::new()),
            "{provider} {field} {to}: once more"
        );
    }
}

/// Where the table stands in the page.
const PAGE: &str = "../docs/checking.md";
const BEGIN: &str = "<!-- made by core/src/crm/fix/cases.rs: WRITE_DOCS=1 cargo test -p graph8-crm --lib fix::cases -->\n";
const END: &str = "<!-- end -->\n";

/// The field as people know it.
fn named(case: &Case) -> String {
    let custom = custom_fields(case.provider);
    let own = custom
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["slug"] == case.field);
    match own {
        Some(field) => format!("a custom `{}`", field["type"].as_str().unwrap()),
        None => format!("`{}`", case.field),
    }
}

fn table() -> String {
    let mut text = "| kind | CRM | field | from | to |\n|---|---|---|---|---|\n".to_owned();
    for case in CASES {
        let Some(to) = case.to else { continue };
        let kinds: Vec<String> = case.kinds.iter().map(|kind| format!("`{kind}`")).collect();
        writeln!(
            text,
            "| {} | {} | {} | `{}` | `{to}` |",
            kinds.join(", "),
            crm_name(case.provider),
            named(case),
            case.from
        )
        .unwrap();
    }
    text.push_str("\nWhat could be read in two ways, or is right as it is, stays:\n\n");
    text.push_str("| CRM | field | value | why |\n|---|---|---|---|\n");
    for case in CASES.iter().filter(|case| case.to.is_none()) {
        writeln!(
            text,
            "| {} | {} | `{}` | {} |",
            crm_name(case.provider),
            named(case),
            case.from,
            case.why
        )
        .unwrap();
    }
    text
}

#[test]
fn the_page_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let table = format!("\n{}\n", table());
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, [before, BEGIN, &table, END, after].concat()).unwrap();
    } else {
        assert!(
            found == table,
            "{PAGE} is not as the cases are: WRITE_DOCS=1 cargo test -p graph8-crm --lib fix::cases"
        );
    }
}

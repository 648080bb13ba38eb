//! The names that each language repeats, for tests that compare them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::{options, rows};
use crate::config::setting_names;
use crate::error::ErrorKind;
use crate::names::{EntityType, Provider, PushKind};
use crate::push::{PushProgress, WaitReason};
use crate::report::{
    AddedToList, Changes, CheckReport, CheckedRecords, Circumstances, ClosedLedger, FindingCode,
    FixKind, NotAddedReason, Noted, Outcome, Outcomes, PacingScope, Problem, PushReport, Severity,
    Skip,
};

/// JSON text of lists of names, by what they are names of.
pub fn names() -> String {
    let own = |names: &[&str]| json!(names);
    let names = json!({
        "providers": Provider::ALL,
        "entity_types": EntityType::ALL,
        "push_kinds": PushKind::ALL,
        "outcomes": Outcome::ALL,
        "error_kinds": ErrorKind::ALL,
        "wait_reasons": WaitReason::ALL,
        "push_options": own(options::NAMES),
        "client_settings": own(&setting_names()),
        "graph8_contacts_query": own(rows::NAMES[0]),
        "graph8_companies_query": own(rows::NAMES[1]),
        "report": fields_of(&report()),
        "problem": fields_of(&problem()),
        "skip": fields_of(&skip()),
        "added_to_list": fields_of(&AddedToList::default()),
        "not_added_reasons": NotAddedReason::ALL,
        "check_options": own(options::CHECK_NAMES),
        "check_report": fields_of(&check_report()),
        "finding_codes": FindingCode::ALL,
        "severities": Severity::ALL,
        "fix_kinds": FixKind::ALL,
        "progress": fields_of(&progress()),
    });
    names.to_string()
}

fn fields_of<T: Serialize>(value: &T) -> Vec<String> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields.into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

fn report() -> PushReport {
    let ledger = ClosedLedger {
        outcomes: Outcomes::default(),
        counts: [0; 5],
        problems: Vec::new(),
        problems_omitted: 0,
        skips: Vec::new(),
        skips_omitted: 0,
        messages: Vec::new(),
    };
    let circumstances = Circumstances {
        provider: Provider::Hubspot,
        kind: PushKind::Contacts,
        unread: 0,
        requests: 0,
        bytes_sent: 0,
        bytes_received: 0,
        elapsed: Duration::ZERO,
        unsent: Vec::new(),
        ended_early: None,
        list_members: None,
        added_to_list: None,
        noted: Noted::default(),
        pushed_before: 0,
        changes: Changes::default(),
    };
    PushReport::new(ledger, circumstances)
}

fn check_report() -> CheckReport {
    let checked = CheckedRecords::default();
    let (provider, kind) = (Provider::Hubspot, PushKind::Contacts);
    CheckReport::new(provider, kind, checked, BTreeMap::new(), 0, 0.0)
}

fn problem() -> Problem {
    Problem {
        index: 0,
        outcome: Outcome::Failed,
        message: "".into(),
        record: None,
        request_id: None,
        retryable: false,
    }
}

fn skip() -> Skip {
    Skip {
        index: 0,
        message: "".into(),
        existing: Vec::new(),
        record: None,
    }
}

fn progress() -> PushProgress {
    PushProgress {
        records: 0,
        total: None,
        pushed: 0,
        skipped: 0,
        failed: 0,
        unknown: 0,
        requests: 0,
        in_flight: 0,
        bytes_sent: 0,
        batch_size: 0,
        elapsed: Duration::ZERO,
        records_per_second: 0.0,
        pacing: PacingScope::Alone,
        waiting: None,
        left: None,
    }
}

//! What outsiders write, read from any bytes: for fuzzers, and for the tests over their corpus.
//!
//! Each function takes arbitrary bytes and panics when a law does not hold.

use std::path::Path;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::border::ToJson;
use crate::crm::facts::naming_fields;
use crate::files::journal::journal_status;
use crate::http::answer::{self, Operation};
use crate::http::limits::LimitHeaders;
use crate::http::pace::{Pacer, Pacing, Store};
use crate::http::transport::Answer;
use crate::lookup::{Tree, ids_by_email};
use crate::names::{Provider, PushKind};
use crate::push::claim::{Asked, Claim};
use crate::push::verdict::{Verdict, settle};
use crate::records::Ndjson;
use crate::records::Records;
use crate::records::csv::rows_of;
use crate::records::list_change::ListChange;
use crate::records::shape::{RecordShape, Shaper};

const BATCH: [&str; 5] = [
    r#"{"email":"a@example.com"}"#,
    r#"{"email":"b@example.com","n":1}"#,
    r#"{"email":"A@example.com"}"#,
    r#"{"email":"a@example.com"}"#,
    r#"{"n":2}"#,
];
const STATUSES: [u16; 8] = [200, 400, 401, 404, 422, 429, 502, 503];
const HEADERS: [&str; 8] = [
    "date",
    "location",
    "retry-after",
    "x-error-code",
    "x-ratelimit-limit-minute",
    "x-ratelimit-limit-second",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

fn answered(status: u16, headers: HeaderMap, body: &[u8]) -> Answer {
    Answer::new(status, headers, body.to_vec(), None)
}

/// The body of an answer to a look-up: it names an id for each yes, and has a list or mapping for each no.
pub fn look_up(body: &[u8]) {
    let Ok(tree) = serde_json::from_slice::<Tree>(body) else {
        return;
    };
    let emails = ["a@example.com", "b@example.com"].map(str::to_owned);
    let Ok(found) = ids_by_email(&tree, &emails) else {
        return;
    };
    assert_eq!(found.len(), emails.len());
    assert!(
        tree.get("data")
            .is_some_and(|data| !data.members().is_empty() || matches!(data, Tree::List(_)))
    );
    assert!(found.iter().flatten().all(|id| !id.is_empty()));
}

/// The body of an answer to a push: its first byte says how many records were sent.
pub fn accounting(data: &[u8]) {
    let Some((size, body)) = data.split_first() else {
        return;
    };
    let records: Vec<&[u8]> = BATCH
        .iter()
        .cycle()
        .take(usize::from(*size % 12))
        .map(|record| record.as_bytes())
        .collect();
    let answer = answered(200, HeaderMap::new(), body);
    let (Ok(data), Ok(value)) = (answer::data(&answer), answer::read::<Value>(&answer)) else {
        return;
    };
    for kind in [PushKind::Contacts, PushKind::Lists] {
        let naming = naming_fields(Provider::Hubspot, kind);
        let asked = Asked::new(records.iter().copied(), naming, kind);
        let Ok(claim) = Claim::read(&data, &asked) else {
            continue;
        };
        let verdicts = settle(&asked, &claim);
        assert_eq!(verdicts.len(), records.len());
        let pushed = verdicts
            .iter()
            .filter(|verdict| **verdict == Verdict::Pushed);
        if kind == PushKind::Contacts {
            let claimed = value["pushed_count"].as_u64().unwrap_or(0);
            assert!(
                pushed.count() as u64 <= claimed,
                "more are pushed than were claimed"
            );
        }
    }
}

/// The body of an answer of a status by the first byte, read as an error.
pub fn errors(data: &[u8]) {
    let Some((status, body)) = data.split_first() else {
        return;
    };
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    for operation in [Operation::Other, Operation::Fields, Operation::Rows] {
        let error = answer::refusal(&answered(status, HeaderMap::new(), body), operation);
        let shown = error.to_string();
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        assert!(shown.chars().count() < 4_000, "{} characters", shown.len());
        assert!(serde_json::from_str::<Value>(&error.to_json()).is_ok());
    }
}

/// The headers of an answer: a line each, whose first byte says which.
pub fn limits(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Some((name, value)) = line.split_first()
            && let Ok(value) = HeaderValue::from_bytes(value)
        {
            let name = HEADERS[usize::from(*name) % HEADERS.len()];
            headers.append(HeaderName::from_static(name), value);
        }
    }
    for status in STATUSES {
        let answer = answered(status, headers.clone(), b"{}");
        let _ = answer.requested_wait();
        let _ = answer::refusal(&answer, Operation::Other).to_string();
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    else {
        return;
    };
    runtime.block_on(async {
        let pacer = Arc::new(Pacer::new(Pacing::Learned, Store::Alone));
        let Ok(mut permit) = pacer.acquire(|_| ()).await else {
            return;
        };
        permit.leaves();
        permit.over(Some((200, &LimitHeaders::read(&headers))));
    });
}

/// A file of one record a line; its first byte says in pieces of which size it comes.
pub fn ndjson(data: &[u8]) {
    let Some((size, text)) = data.split_first() else {
        return;
    };
    let mut in_pieces = Ndjson::new();
    let mut pieces = Vec::new();
    for piece in text.chunks(usize::from(*size) + 1) {
        pieces.extend(slots(in_pieces.take(piece)));
    }
    pieces.extend(slots(in_pieces.finish()));
    let mut at_once = Ndjson::new();
    let mut whole = slots(at_once.take(text));
    whole.extend(slots(at_once.finish()));
    assert_eq!(pieces, whole);

    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    assert_eq!(
        whole.len(),
        lines.count(),
        "a line is a record or a refusal"
    );
    for json in whole.into_iter().flatten() {
        assert!(serde_json::from_slice::<&RawValue>(&json).is_ok());
    }
}

/// Rows of delimited text; its first byte says in pieces of which size it comes.
pub fn csv(data: &[u8]) {
    let Some((size, text)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let pieces = rows_of(&text, usize::from(*size) + 1);
    assert_eq!(pieces, rows_of(&text, usize::MAX));
}

/// The accepted records' JSON; `None` where one was refused.
fn slots(records: Records) -> Vec<Option<Vec<u8>>> {
    let len = records.len();
    let chunk = records.into_chunk();
    (0..len)
        .map(|position| chunk.record(position).map(<[u8]>::to_vec))
        .collect()
}

/// An array of records as a caller hands it in, selected and renamed.
pub fn records(data: &[u8]) {
    let _ = ListChange::from_json(data);
    let reference = serde_json::from_slice::<Vec<&RawValue>>(data);
    let taken = Records::from_json_array(data.to_vec());
    assert_eq!(taken.is_ok(), reference.is_ok());
    let (Ok(taken), Ok(reference)) = (taken, reference) else {
        return;
    };
    assert_eq!(taken.len(), reference.len());
    let rules = Shaper::new(&RecordShape {
        rename: [("a".to_owned(), "b".to_owned())].into(),
        drop_nulls: true,
        ..RecordShape::default()
    });
    let shaped = slots(taken.shaped(&rules));
    assert_eq!(shaped.len(), reference.len());
    for json in shaped.into_iter().flatten() {
        assert!(serde_json::from_slice::<&RawValue>(&json).is_ok());
    }
}

/// A journal's file, in `folder`.
pub fn journal(data: &[u8], folder: &Path) {
    let path = folder.join("journal");
    for name in ["journal", "journal-wal", "journal-shm", "journal-lock"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    if std::fs::write(&path, data).is_err() {
        return;
    }
    if let Ok(status) = journal_status(&path) {
        assert!(status.unknown_indexes.is_sorted() && status.failed_indexes.is_sorted());
        if status.keys.is_none() {
            assert_eq!(status.unknown_indexes.len(), status.unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use fastrand::Rng;

    use super::*;

    /// Damaged copies of each seed.
    const COPIES: usize = 300;

    /// Every seed as it is, and with some bytes changed, lost or doubled.
    fn with_each(target: &str, run: impl Fn(&[u8])) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../fuzz/seeds")
            .join(target);
        let mut rng = Rng::with_seed(1);
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let seed = std::fs::read(entry.unwrap().path()).unwrap();
            run(&seed);
            for _ in 0..COPIES {
                run(&damaged(&seed, &mut rng));
            }
            seeds += 1;
        }
        assert!(seeds > 0, "no seeds for {target}");
    }

    fn damaged(seed: &[u8], rng: &mut Rng) -> Vec<u8> {
        let mut data = seed.to_vec();
        for _ in 0..rng.usize(1..6) {
            let at = rng.usize(..=data.len());
            match rng.u8(..4) {
                0 => data.truncate(at),
                1 => data.extend_from_within(at..),
                2 => data.insert(at, rng.u8(..)),
                _ => {
                    if let Some(byte) = data.get_mut(at) {
                        *byte = rng.u8(..);
                    }
                }
            }
            data.truncate(1024 * 1024);
        }
        data
    }

    #[test]
    fn seeds_of_accounting() {
        with_each("accounting", accounting);
    }

    #[test]
    fn seeds_of_errors() {
        with_each("errors", errors);
    }

    #[test]
    fn seeds_of_limits() {
        with_each("limits", limits);
    }

    #[test]
    fn seeds_of_look_ups() {
        with_each("look_up", look_up);
    }

    #[test]
    fn seeds_of_ndjson() {
        with_each("ndjson", ndjson);
    }

    #[test]
    fn seeds_of_csv() {
        with_each("csv", csv);
    }

    #[test]
    fn seeds_of_records() {
        with_each("records", records);
    }

    #[test]
    fn seeds_of_journals() {
        let folder = std::env::temp_dir().join(format!("graph8-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        with_each("journal", |data| journal(data, &folder));
        std::fs::remove_dir_all(folder).unwrap();
    }
}

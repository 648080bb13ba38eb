//! What happens to records between their source and the push: shape, form, repair and check.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::options::PushOptions;
use super::target::Target;
use crate::crm::check::Checker;
use crate::crm::fix::{Empty, Fixer};
use crate::crm::graph8::{Graph8Form, LeftOut};
use crate::crm::rules::Rules;
use crate::crm::source_watch::SourceWatch;
use crate::error::Result;
use crate::files::seen::Seen;
use crate::names::PushKind;
use crate::records::key::{Key, KeyFinder, NoKey};
use crate::records::objects::ObjectCheck;
use crate::records::shape::Shaper;
use crate::records::{RecordForm, Records};
use crate::report::{CheckedRecords, Finding, FindingCode, FixKind, Severity, same_key_as};
use crate::sync::lock;

/// Prepares the records of one push, chunk by chunk in their order.
pub(super) struct Preparation {
    /// `None` when records travel as they are.
    shaper: Option<Shaper>,
    /// What a source shapes its records with; they keep their keys.
    source_shaper: Option<Shaper>,
    /// `None` where records need no keys.
    keys: Option<KeyFinder>,
    form: Option<Graph8Form>,
    checks: bool,
    fixes: bool,
    /// Records of one identity are the push's own concern.
    is_unique: bool,
    empty: Empty,
    stage: Mutex<Stage>,
}

struct Stage {
    objects: ObjectCheck,
    /// Chunks that came before the customer's fields were known.
    waiting: Vec<Records>,
    is_ready: bool,
    /// Records prepared so far.
    records: usize,
    fixer: Option<Fixer>,
    checker: Option<Checker>,
    /// `None` for changes of lists.
    watch: Option<SourceWatch>,
    /// The keys met so far; `None` where the push itself looks at them.
    keys: Option<CheckedKeys>,
}

/// What a check says of the keys of records.
struct CheckedKeys {
    names: Vec<String>,
    seen: Seen,
}

impl CheckedKeys {
    fn check(
        &mut self,
        index: usize,
        key: std::result::Result<Key, NoKey>,
        nearest: Option<&str>,
        checker: &mut Checker,
    ) -> Result<()> {
        let (code, message) = match key {
            Err(none) => (FindingCode::NoKey, none.message(&self.names, nearest)),
            Ok(key) => match self.seen.note(key, index)? {
                None => return Ok(()),
                Some(first) => (FindingCode::RepeatedKey, same_key_as(first).to_string()),
            },
        };
        checker.note_error(index, code, &message);
        Ok(())
    }
}

impl Preparation {
    pub(super) fn new(target: &Target, options: &PushOptions) -> Result<Self> {
        let shape = &options.shape;
        let form = match shape.form {
            RecordForm::Crm => None,
            RecordForm::Graph8 => Some(Graph8Form::new(
                target.provider,
                target.kind,
                &shape.rename,
            )?),
        };
        let (checks, fixes, empty) = (options.check, options.fix, options.empty);
        let watch = (target.kind != PushKind::Lists)
            .then(|| SourceWatch::new(target.provider, target.kind, target.standard_rules()));
        let is_ready = !checks && !fixes;
        let stage = Stage {
            objects: ObjectCheck::default(),
            waiting: Vec::new(),
            is_ready,
            records: 0,
            fixer: is_ready.then(|| fixer(None, empty)).flatten(),
            checker: None,
            watch,
            keys: None,
        };
        Ok(Self {
            shaper: (!shape.is_plain()).then(|| Shaper::new(shape)),
            source_shaper: (!shape.is_plain()).then(|| Shaper::new(&shape.at_source())),
            keys: None,
            form,
            checks,
            fixes,
            is_unique: options.unique.is_some(),
            empty,
            stage: Mutex::new(stage),
        })
    }

    /// Notes the keys of records, hashed under `salt`.
    pub(super) fn find_keys(&mut self, primary_key: &[String], salt: &[u8]) {
        self.keys = Some(KeyFinder::new(primary_key, salt));
    }

    /// Says which records have no key, or the key of another.
    pub(super) fn check_keys(&self, primary_key: &[String]) {
        lock(&self.stage).keys = Some(CheckedKeys {
            names: primary_key.to_vec(),
            seen: Seen::default(),
        });
    }

    pub(super) fn has_key(&self) -> bool {
        self.keys.is_some()
    }

    /// Shapes records; notes which names it meets. With keys, what it shapes is not as it travels yet.
    pub(super) fn source_shaper(&self) -> Option<Shaper> {
        match self.keys {
            None => self.shaper.clone(),
            Some(_) => self.source_shaper.clone(),
        }
    }

    /// Whether records wait for what the CRM takes.
    pub(super) fn is_waiting(&self) -> bool {
        !lock(&self.stage).is_ready
    }

    /// The records as they travel; `None` while they wait for what the CRM takes.
    pub(super) fn prepare(&self, mut records: Records) -> Option<Records> {
        if let Some(keys) = &self.keys {
            records.note_keys(keys, self.source_shaper.as_ref());
        }
        let mut records = match &self.shaper {
            Some(shaper) if !records.is_shaped() => records.shaped(shaper),
            _ => records,
        };
        let mut stage = lock(&self.stage);
        records.check_objects(&mut stage.objects);
        if !stage.is_ready {
            stage.waiting.push(records);
            return None;
        }
        Some(stage.prepare(records, self.form.as_ref()))
    }

    /// Says what the CRM takes; gives the records that waited for it.
    pub(super) fn begin(&self, rules: &Arc<Rules>) -> Vec<Records> {
        let mut stage = lock(&self.stage);
        if !stage.is_ready {
            stage.is_ready = true;
            stage.checker = self.checks.then(|| {
                let mut checker = Checker::new(Arc::clone(rules));
                if self.is_unique {
                    checker.leave_repeats();
                }
                checker
            });
            let known = self.fixes.then(|| Arc::clone(rules));
            stage.fixer = fixer(known, self.empty);
        }
        let waiting = std::mem::take(&mut stage.waiting);
        let waiting = waiting.into_iter();
        waiting
            .map(|records| stage.prepare(records, self.form.as_ref()))
            .collect()
    }

    /// Gives the records that waited as they are: the push is over before they could be prepared.
    pub(super) fn give_up(&self) -> Vec<Records> {
        let mut stage = lock(&self.stage);
        stage.is_ready = true;
        std::mem::take(&mut stage.waiting)
    }

    /// Counts records that were taken in, of which some may be sent.
    pub(super) fn count(&self, records: usize, sendable: usize, nameable: usize) {
        if let Some(watch) = &mut lock(&self.stage).watch {
            watch.count(records, sendable, nameable);
        }
    }

    /// What a report should warn of.
    pub(super) fn warnings(&self) -> Vec<Finding> {
        let stage = lock(&self.stage);
        let mut warnings = self.of_source(&stage);
        match &stage.checker {
            Some(checker) => warnings.extend(checker.findings().into_iter().map(|mut finding| {
                let is_of_all = finding.count == stage.records;
                let is_of_source = finding.code == FindingCode::SimilarName
                    || (finding.code == FindingCode::NoIdentity && is_of_all);
                if is_of_source {
                    // As where nothing is checked: examples are of single records.
                    finding.examples.clear();
                }
                finding
            })),
            None => warnings.extend(stage.watch.iter().flat_map(SourceWatch::noted)),
        }
        warnings.retain(|finding| finding.severity == Severity::Warning);
        warnings.sort_by_key(|finding| std::cmp::Reverse(finding.count));
        warnings
    }

    /// How many values were made right, by kind.
    pub(super) fn fixed(&self) -> BTreeMap<FixKind, usize> {
        let stage = lock(&self.stage);
        stage.fixer.as_ref().map(Fixer::fixed).unwrap_or_default()
    }

    /// What the check found, at its end.
    pub(super) fn checked(&self) -> CheckedRecords {
        let mut stage = lock(&self.stage);
        let mut of_source = self.of_source(&stage);
        // Here it is worth more: a source without it does not do what it says.
        for finding in &mut of_source {
            if finding.code == FindingCode::NothingLeft {
                finding.severity = Severity::Error;
            }
        }
        let found = stage.checker.take().map(Checker::finish);
        let mut found = found.unwrap_or_default();
        found.findings.extend(of_source);
        found
    }

    /// Findings about the source as a whole.
    fn of_source(&self, stage: &Stage) -> Vec<Finding> {
        let Some(watch) = &stage.watch else {
            return Vec::new();
        };
        let unmet = self.shaper.as_ref().map(Shaper::unmet).unwrap_or_default();
        let mut findings = watch.unmet(&unmet);
        // A check of each record tells these two by itself.
        if stage.checker.is_none() {
            findings.extend(watch.similar_names());
            findings.extend(watch.without_identity());
        }
        findings
    }
}

/// What mends values; `None` where there is nothing to mend.
fn fixer(rules: Option<Arc<Rules>>, empty: Empty) -> Option<Fixer> {
    (rules.is_some() || empty != Empty::Keep).then(|| Fixer::new(rules, empty))
}

impl Stage {
    fn prepare(&mut self, mut records: Records, form: Option<&Graph8Form>) -> Records {
        let first = self.records;
        self.records += records.len();
        let mut notes = Vec::new();
        if let Some(form) = form {
            (records, notes) = in_crm_form(&records, form);
        }
        if let Some(fixer) = &mut self.fixer {
            records = records.rewritten(|_, record, json| {
                if !fixer.fix(record, json) {
                    json.extend_from_slice(record);
                }
                Ok(())
            });
        }
        let mut notes = notes.into_iter().peekable();
        if let Some(checker) = &mut self.checker {
            let mut keys_are_checked = true;
            for (position, slot) in records.iter().enumerate() {
                let index = first + position;
                while let Some((_, note)) = notes.next_if(|(of, _)| *of == position) {
                    checker.note(index, &note);
                }
                match slot {
                    Ok(record) => {
                        checker.check(index, record);
                        if let (Some(keys), Some(key)) = (&mut self.keys, records.key(position)) {
                            keys_are_checked &= keys
                                .check(index, key, records.nearest_to_key(), checker)
                                .is_ok();
                        }
                    }
                    Err(message) => checker.reject(index, message),
                }
            }
            if !keys_are_checked {
                // There is no room for more of them.
                self.keys = None;
            }
            for (index, message) in checker.refused() {
                records.refuse_at(index - first, message);
            }
        } else if let Some(watch) = &mut self.watch {
            for (position, note) in notes {
                watch.note(first + position, note);
            }
            if let Some(record) = records.iter().find_map(std::result::Result::ok) {
                watch.look(record);
            }
        }
        records
    }
}

/// What became of a field of a graph8 row, by the row's place.
type Note = (usize, LeftOut);

/// graph8's rows as records of the CRM, and what is to be said of them.
fn in_crm_form(rows: &Records, form: &Graph8Form) -> (Records, Vec<Note>) {
    let mut notes = Vec::new();
    let records = rows.rewritten(|position, row, json| {
        form.rewrite(row, json, &mut |left_out| notes.push((position, left_out)))
    });
    (records, notes)
}

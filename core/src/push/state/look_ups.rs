//! Records that wait until it is known whether the CRM has them, and what was seen there.

use std::collections::{HashMap, HashSet, VecDeque};

use xxhash_rust::xxh3::xxh3_64;

use super::State;
use super::failed_looks::FailedInARow;
use super::results::{Settlement, problem};
use crate::crm::facts::{Paths, refuses_same_address};
use crate::error::{Error, ErrorKind};
use crate::files::journal::Intent;
use crate::http::call::Trace;
use crate::lookup::MOST_EMAILS;
use crate::names::Provider;
use crate::push::options::PushOptions;
use crate::quote::quote;
use crate::records::Run;
use crate::records::identity::{Text, addresses_in, bare_address, texts};
use crate::report::{
    EXAMPLES, Example, Finding, FindingCode, Outcome, Problem, Severity, there_already,
};

/// Look-ups are told from batches by their ids.
const FIRST_ID: u64 = 1 << 63;

/// What is to be asked of the CRM.
pub(crate) struct Question {
    pub(crate) id: u64,
    /// Folded, all different.
    pub(crate) emails: Vec<String>,
}

/// How a look-up ended.
pub(crate) enum LookedUp {
    /// The CRM's ids by the place of each address in the question.
    Found(Vec<Vec<String>>),
    Failed(Error),
    /// The push was cancelled or is out of time.
    Interrupted(Error),
}

/// A record in doubt, to be looked for.
pub(crate) struct Doubt {
    pub(crate) index: usize,
    pub(crate) emails: Vec<String>,
    /// The push had looked before it sent the record, which was not there, and no other record of this push
    /// has its address: what is there now is this record.
    pub(crate) was_absent: bool,
}

/// What a look before a record was sent has shown.
pub(crate) enum Before {
    /// The CRM had these contacts of its address.
    Had(Vec<String>),
    /// The look-up failed, and the record was sent all the same.
    NotLookedUp,
    /// Another record of the push has its address.
    Shared,
    /// This run has not sent it.
    NotSent,
}

pub(super) struct LookUps {
    /// The fields that have e-mail addresses.
    fields: Paths,
    waiting: VecDeque<Run>,
    waiting_records: usize,
    asked: HashMap<u64, Asked>,
    next_id: u64,
    /// Requests at a time.
    concurrency: usize,
    /// Records that were looked up and not there, a bit each.
    absent: Vec<u64>,
    /// Whether more than one record has it, by the hash of each address; `None` when nobody asks for that.
    is_repeated: Option<HashMap<u64, bool>>,
    /// Whether those that the CRM has are left out. Else they are sent, and it is only noted whom the CRM had.
    leaves_out: bool,
    /// Of records that are sent all the same, the CRM's ids of contacts with their addresses.
    older: HashMap<usize, Vec<String>>,
    /// Records that were sent though their look-up failed.
    unlooked: HashSet<usize>,
    failed: FailedInARow,
    without_email: usize,
    examples: Vec<Example>,
}

/// The first record that a question does not take.
#[derive(PartialEq)]
enum Next {
    /// There is none.
    Ends,
    HasNone,
    IsTooMany,
}

/// Records of a look-up that is under way.
struct Asked {
    runs: Vec<Run>,
    /// Places of each record's addresses in the question.
    places: Vec<Vec<usize>>,
}

impl LookUps {
    pub(super) fn new(options: &PushOptions, provider: Provider, fields: Paths) -> Option<Self> {
        let must_tell = options.add_to_list.is_some() && !refuses_same_address(provider);
        (options.skip_existing || must_tell).then(|| Self {
            fields,
            waiting: VecDeque::new(),
            waiting_records: 0,
            asked: HashMap::new(),
            next_id: FIRST_ID,
            concurrency: options.concurrency,
            absent: Vec::new(),
            leaves_out: options.skip_existing,
            older: HashMap::new(),
            unlooked: HashSet::new(),
            failed: FailedInARow::default(),
            is_repeated: options.tells_new_from_old().then(HashMap::new),
            without_email: 0,
            examples: Vec::new(),
        })
    }

    pub(super) fn in_flight(&self) -> usize {
        self.asked.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.asked.is_empty()
    }

    /// Whether the source may go on.
    pub(super) fn has_room(&self) -> bool {
        self.waiting_records < (self.concurrency + 1) * MOST_EMAILS
    }

    /// Whether a source that waits should go on.
    pub(super) fn wants_more(&self) -> bool {
        self.waiting_records < self.concurrency.div_ceil(2) * MOST_EMAILS
    }

    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.waiting_records = 0;
    }

    fn add(&mut self, run: Run) {
        self.waiting_records += run.len();
        self.waiting.push_back(run);
    }

    /// A record without an e-mail address by itself can't be looked up.
    fn note_without_email(&mut self, run: &Run) {
        self.without_email += run.len();
        for (index, json) in run.records() {
            let texts = texts(json);
            self.note_addresses(&texts);
            if self.examples.len() < EXAMPLES {
                let mut named = texts.iter();
                let named = named.find(|text| self.fields.contains(text.path.as_str()));
                let value = named.map(|text| format!("\"{}\"", quote(text.text.as_bytes())));
                self.examples.push(Example { index, value });
            }
        }
    }

    /// Takes records off the head of those that wait; gives those that can't be looked up apart.
    fn cut(&mut self) -> (Option<Question>, Vec<Run>) {
        let mut question = Question {
            id: self.next_id,
            emails: Vec::new(),
        };
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut asked = Asked {
            runs: Vec::new(),
            places: Vec::new(),
        };
        let mut without = Vec::new();
        'waiting: while let Some(mut run) = self.waiting.pop_front() {
            while run.len() > 0 {
                let mut taken = 0;
                let mut next = Next::Ends;
                for (_, json) in run.records() {
                    let texts = texts(json);
                    let emails = emails_in(&texts, self.fields);
                    let is_full = question.emails.len() + emails.len() > MOST_EMAILS;
                    if emails.is_empty() {
                        next = Next::HasNone;
                        break;
                    }
                    if is_full && !question.emails.is_empty() {
                        next = Next::IsTooMany;
                        break;
                    }
                    self.note_addresses(&texts);
                    let places = emails.into_iter().map(|email| {
                        *known.entry(email).or_insert_with_key(|email| {
                            question.emails.push(email.clone());
                            question.emails.len() - 1
                        })
                    });
                    asked.places.push(places.collect());
                    taken += 1;
                }
                if taken > 0 {
                    asked.runs.push(run.split_to(taken));
                }
                if next == Next::HasNone {
                    without.push(run.split_to(1));
                    taken += 1;
                }
                self.waiting_records -= taken;
                if next == Next::IsTooMany {
                    self.waiting.push_front(run);
                    break 'waiting;
                }
            }
        }
        if asked.runs.is_empty() {
            return (None, without);
        }
        self.next_id += 1;
        self.asked.insert(question.id, asked);
        (Some(question), without)
    }

    fn note_addresses(&mut self, texts: &[Text]) {
        if let Some(is_repeated) = &mut self.is_repeated {
            for address in all_addresses(texts) {
                let hash = xxh3_64(address.as_bytes());
                is_repeated
                    .entry(hash)
                    .and_modify(|is_repeated| *is_repeated = true)
                    .or_insert(false);
            }
        }
    }

    fn note_absent(&mut self, first: usize, records: usize) {
        let end = first + records;
        if self.absent.len() < end.div_ceil(64) {
            self.absent.resize(end.div_ceil(64), 0);
        }
        for index in first..end {
            if let Some(word) = self.absent.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        }
    }

    /// Whether it notes which addresses more than one record has.
    pub(super) fn notes_addresses(&self) -> bool {
        self.is_repeated.is_some()
    }

    /// Whether more than one record has the address, as far as that was noted.
    pub(super) fn is_repeated(&self, email: &str) -> bool {
        self.repeats(email) == Some(true)
    }

    /// `None` of an address that was not noted.
    fn repeats(&self, email: &str) -> Option<bool> {
        let known = self.is_repeated.as_ref()?;
        known.get(&xxh3_64(email.as_bytes())).copied()
    }

    pub(super) fn was_absent(&self, index: usize, emails: &[String]) -> bool {
        let is_alone = |email: &String| self.repeats(email) == Some(false);
        self.is_absent(index) && emails.iter().all(is_alone)
    }

    /// Whether the record leaves without a look, since too many failed.
    fn gives_up(&self) -> bool {
        !self.leaves_out && self.failed.are_too_many()
    }

    fn note_unlooked(&mut self, run: &Run) {
        let indexes = run.records().map(|(index, _)| index);
        self.unlooked.extend(indexes);
        run.records()
            .for_each(|(_, json)| self.note_addresses(&texts(json)));
    }

    /// What a look before a record was sent has shown of its address.
    pub(super) fn before(&mut self, index: usize, address: &str) -> Before {
        let is_absent = self.is_absent(index);
        let older = self.older.remove(&index);
        if self.unlooked.contains(&index) {
            Before::NotLookedUp
        } else if (is_absent || older.is_some()) && self.repeats(address) == Some(false) {
            Before::Had(older.unwrap_or_default())
        } else if self.is_repeated(address) {
            Before::Shared
        } else {
            Before::NotSent
        }
    }

    fn is_absent(&self, index: usize) -> bool {
        let word = self.absent.get(index / 64).copied().unwrap_or_default();
        word & (1 << (index % 64)) != 0
    }

    /// Whatever waits or is asked for leaves no more.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Run> + use<> {
        self.waiting_records = 0;
        let asked = std::mem::take(&mut self.asked).into_values();
        let waiting = std::mem::take(&mut self.waiting);
        waiting
            .into_iter()
            .chain(asked.flat_map(|asked| asked.runs))
    }

    /// The records that travelled without a look.
    pub(super) fn warning(&self) -> Option<Finding> {
        (self.leaves_out && self.without_email > 0).then(|| Finding {
            code: FindingCode::NotLookedUp,
            severity: Severity::Warning,
            field: None,
            count: self.without_email,
            message: "has no e-mail address by itself, such as ada@example.com, so it was sent without a look \
                      whether the CRM has it"
                .to_owned(),
            hint: None,
            examples: self.examples.clone(),
        })
    }
}

/// The ids of the addresses at these places, each once.
fn ids_of<'a>(places: &[usize], ids: &'a [Vec<String>]) -> Vec<&'a str> {
    let mut of_record: Vec<&str> = Vec::new();
    for id in places.iter().filter_map(|place| ids.get(*place)).flatten() {
        if !of_record.contains(&id.as_str()) {
            of_record.push(id);
        }
    }
    of_record
}

/// The e-mail addresses of a record, folded and all different.
pub(super) fn emails_in(texts: &[Text], fields: Paths) -> Vec<String> {
    let named = texts.iter();
    let named = named.filter(|text| fields.contains(&text.path));
    different(named.filter_map(|text| bare_address(&text.text)))
}

/// In whatever field, and whatever stands around them: a search may go by others than those that name a record.
pub(super) fn all_addresses(texts: &[Text]) -> Vec<String> {
    different(texts.iter().flat_map(|text| addresses_in(&text.text)))
}

fn different(addresses: impl Iterator<Item = String>) -> Vec<String> {
    let mut addresses: Vec<String> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

impl State {
    /// Records that do not leave now, and may be what a later look finds.
    pub(super) fn note_addresses_of(&mut self, run: &Run) {
        if let Some(look_ups) = &mut self.look_ups {
            run.records()
                .for_each(|(_, json)| look_ups.note_addresses(&texts(json)));
        }
    }

    /// Records on their way out: first, where that was asked for, the CRM is asked for them.
    pub(super) fn add_to_outbox(&mut self, run: Run, is_nameable: bool) {
        match &mut self.look_ups {
            Some(look_ups) if is_nameable && look_ups.gives_up() => {
                look_ups.note_unlooked(&run);
                self.outbox.add(run, is_nameable);
            }
            Some(look_ups) if is_nameable => look_ups.add(run),
            Some(look_ups) => {
                look_ups.note_without_email(&run);
                self.outbox.add(run, is_nameable);
            }
            None => self.outbox.add(run, is_nameable),
        }
    }

    /// The next question that may be asked now: ahead of the batches, but not further than the source is read.
    pub(crate) fn next_question(&mut self) -> Option<Question> {
        if self.has_ended() || self.is_held_back() {
            return None;
        }
        let look_ups = self.look_ups.as_mut()?;
        if look_ups.asked.len() >= look_ups.concurrency || !self.outbox.has_room() {
            return None;
        }
        let is_starving = look_ups.asked.is_empty() && !self.outbox.holds_a_batch();
        let enough = if self.input.is_over {
            1
        } else if is_starving {
            self.outbox.sizing.records().min(MOST_EMAILS)
        } else {
            MOST_EMAILS
        };
        if look_ups.waiting_records < enough {
            return None;
        }
        let (question, without) = look_ups.cut();
        for run in without {
            look_ups.note_without_email(&run);
            self.outbox.add(run, true);
        }
        question
    }

    /// What the CRM has is left out, what it has not is sent.
    pub(crate) fn settle_question(&mut self, id: u64, looked_up: LookedUp, trace: &Trace) {
        self.results.count_traffic(trace);
        let Some(look_ups) = &mut self.look_ups else {
            return;
        };
        let Some(asked) = look_ups.asked.remove(&id) else {
            return;
        };
        match looked_up {
            LookedUp::Found(ids) if look_ups.leaves_out => {
                self.failed_looks.in_a_row = 0;
                self.settle_found(asked, &ids);
            }
            LookedUp::Found(ids) => self.send_found(asked, &ids),
            LookedUp::Failed(error) if look_ups.leaves_out => {
                self.settle_not_looked_up(&asked, error);
            }
            LookedUp::Failed(error) => self.send_not_looked_up(asked, error),
            LookedUp::Interrupted(error) => {
                for run in &asked.runs {
                    self.results.keep_unsent(run.records());
                }
                let always = error.kind() == ErrorKind::Cancelled;
                self.end(error, always);
            }
        }
        self.obey_stop_rules();
    }

    /// Sends the records of a look-up, and keeps whom the CRM had.
    fn send_found(&mut self, asked: Asked, ids: &[Vec<String>]) {
        let Some(look_ups) = &mut self.look_ups else {
            return;
        };
        let _ = look_ups.failed.take(Ok(()));
        let mut found = asked.places.iter().map(|places| ids_of(places, ids));
        for run in asked.runs {
            for ((index, _), ids) in run.records().zip(found.by_ref()) {
                if ids.is_empty() {
                    look_ups.note_absent(index, 1);
                } else {
                    let ids = ids.into_iter().map(str::to_owned);
                    look_ups.older.insert(index, ids.collect());
                }
            }
            self.outbox.add(run, true);
        }
    }

    /// Sends the records of a look-up that failed; once too many did, all.
    fn send_not_looked_up(&mut self, asked: Asked, error: Error) {
        let Some(look_ups) = &mut self.look_ups else {
            return;
        };
        let _ = look_ups.failed.take(Err::<(), Error>(error));
        let mut runs = asked.runs;
        if look_ups.gives_up() {
            runs.extend(look_ups.waiting.drain(..));
            look_ups.waiting_records = 0;
        }
        for run in runs {
            look_ups.note_unlooked(&run);
            self.outbox.add(run, true);
        }
    }

    fn settle_found(&mut self, asked: Asked, ids: &[Vec<String>]) {
        let mut found = asked.places.iter().map(|places| ids_of(places, ids));
        let mut there = Vec::new();
        let mut problems: Vec<Problem> = Vec::new();
        for mut run in asked.runs {
            let of_run: Vec<Vec<&str>> = found.by_ref().take(run.len()).collect();
            for alike in of_run.chunk_by(|one, other| one.is_empty() == other.is_empty()) {
                let records = run.split_to(alike.len());
                if alike.iter().all(Vec::is_empty) {
                    if let Some(look_ups) = &mut self.look_ups {
                        look_ups.note_absent(records.first_index(), records.len());
                    }
                    self.outbox.add(records, true);
                    continue;
                }
                for ((index, json), ids) in records.records().zip(alike) {
                    let message = there_already(ids);
                    let skipped = problem(index, Outcome::Skipped, &message, Some(json), None);
                    problems.push(skipped);
                }
                there.push(records);
            }
        }
        if there.is_empty() {
            return;
        }
        // A batch that never leaves, so that the journal has these records.
        let batch = self.outbox.new_batch(there);
        let mut settlement = Settlement::of(&batch);
        for problem in problems {
            self.results.settle(&mut settlement, problem);
        }
        if self.results.has_journal() {
            let fields = self.options.provider_fields.as_deref();
            let intent = Intent::of(&batch, fields.map(serde_json::value::RawValue::get));
            let intent = match self.identities_of(&batch) {
                Some(identities) => intent.with_addresses(identities),
                None => intent,
            };
            self.results.write_left_out(intent, settlement);
        }
        self.results
            .correct_dead_letters(batch.records().map(|(index, _)| index));
    }

    /// What is not known to be absent is not sent.
    fn settle_not_looked_up(&mut self, asked: &Asked, error: Error) {
        for run in &asked.runs {
            self.results.keep_unsent(run.records());
        }
        let count = asked.runs.iter().map(Run::len).sum();
        self.note_failed_look(error, count);
    }

    /// The records in doubt that can be looked for.
    pub(crate) fn doubts(&self) -> Vec<Doubt> {
        let doubts = self.results.doubted().filter_map(|problem| {
            let json = problem.record.as_ref()?.get().as_bytes();
            let emails = emails_in(&texts(json), self.target.naming.identity);
            let index = problem.index;
            let keyed = self.keyed.as_ref();
            if keyed.is_some_and(|keyed| keyed.is_changed_doubt(index)) {
                return None;
            }
            let look_ups = self.look_ups.as_ref();
            // An earlier run may have made it so shortly before that the look did not find it yet.
            let is_of_earlier_run = || {
                let mut emails = emails.iter();
                keyed.is_some_and(|keyed| emails.any(|email| keyed.identities.has_address(email)))
            };
            let was_absent = look_ups.is_some_and(|look_ups| look_ups.was_absent(index, &emails))
                && !is_of_earlier_run();
            let was_absent_before = || match (keyed, emails.as_slice()) {
                (Some(keyed), [email]) => {
                    let is_repeated = look_ups.is_some_and(|looks| looks.is_repeated(email));
                    keyed.addresses.tell_of(index, email) && !is_repeated
                }
                _ => false,
            };
            let was_absent = was_absent || was_absent_before();
            (!emails.is_empty()).then_some(Doubt {
                index,
                emails,
                was_absent,
            })
        });
        doubts.collect()
    }

    /// Records in doubt were looked for; each with the CRM's ids, none where it is not there.
    pub(crate) fn settle_doubts(&mut self, looked_for: Vec<(Doubt, Vec<String>)>, trace: &Trace) {
        self.results.count_traffic(trace);
        for (doubt, ids) in looked_for {
            if ids.is_empty() {
                self.resolve(doubt.index, false);
            } else if doubt.was_absent {
                self.resolve(doubt.index, true);
            } else {
                self.results.note_maybe_older(doubt.index, &ids);
            }
        }
    }

    /// Records in doubt that no look could end.
    pub(crate) fn note_failed_looks(&mut self, doubts: &[Doubt], why: &str) {
        for doubt in doubts {
            self.results.note_failed_look(doubt.index, why);
        }
    }

    /// Counts what a look-up took that tells nothing.
    pub(crate) fn count_look(&mut self, trace: &Trace) {
        self.results.count_traffic(trace);
    }
}

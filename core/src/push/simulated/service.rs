//! A service without sockets: windows judged at arrival, transit that varies, faults by seed.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use http_body::Body;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::error::{Error, ErrorKind, Result};
use crate::http::request_body::TrackedBody;
use crate::http::transport::{Answer, Request, Simulation};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Windows {
    Fixed,
    Sliding,
}

/// What a 429 asks for in `Retry-After`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waits {
    Untold,
    Constant(u64),
    /// Until there is room again, in whole seconds.
    Exact,
}

/// How the simulated service behaves.
#[derive(Clone, Debug)]
pub(super) struct Behaviour {
    pub(super) seed: u64,
    /// Share of requests that meet a fault.
    pub(super) faults: f64,
    /// Share of records that the CRM refuses.
    pub(super) refusals: f64,
    /// Records that the CRM takes in ten seconds; it refuses more in words of its own.
    pub(super) crm_limit: Option<usize>,
    pub(super) limit: Option<(Windows, usize, usize)>,
    /// Whether answers tell the limits.
    pub(super) tells_limits: bool,
    pub(super) waits: Waits,
    /// What answers say in place of the limits.
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) transit: Duration,
    pub(super) per_record: Duration,
    pub(super) largest_body: usize,
    /// Whether some requests are given up by the client and worked off by the service all the same, later.
    pub(super) finishes_late: bool,
    /// Share of look-ups that meet a fault.
    pub(super) look_up_faults: f64,
    /// How long what was created can't be found yet.
    pub(super) search_lag: Duration,
    /// Of so many records the search never finds one.
    pub(super) never_found_every: Option<u64>,
    /// Share of changes of the list that meet a fault.
    pub(super) list_faults: f64,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            seed: 0,
            faults: 0.0,
            refusals: 0.0,
            crm_limit: None,
            limit: None,
            tells_limits: false,
            waits: Waits::Constant(2),
            headers: &[],
            transit: Duration::from_millis(75),
            per_record: Duration::from_millis(1),
            largest_body: usize::MAX,
            finishes_late: false,
            look_up_faults: 0.0,
            search_lag: Duration::ZERO,
            never_found_every: None,
            list_faults: 0.0,
        }
    }
}

pub(super) struct Service {
    behaviour: Behaviour,
    pub(super) state: Mutex<State>,
}

pub(super) struct State {
    rng: Rng,
    /// When each request arrived.
    pub(super) arrivals: Vec<Instant>,
    /// When each was refused for the limit.
    pub(super) refusals: Vec<Instant>,
    pub(super) throttled: usize,
    taken_by_crm: Vec<Instant>,
    /// How often each record was created, by its number.
    pub(super) created: HashMap<u64, usize>,
    /// The numbers of the records with each address, and when they came.
    pub(super) by_email: ByEmail,
    /// What the service will have worked off by then.
    late: Vec<(Instant, Vec<Value>)>,
    pub(super) look_ups: usize,
    /// When each address was looked up last, and whether that had a true answer.
    pub(super) looked_up: HashMap<String, (Instant, bool)>,
    /// Whether the last look-up had a true answer.
    pub(super) last_look_is_true: bool,
    /// When the record of each address came last.
    pub(super) tried: HashMap<String, Instant>,
    /// Whether the CRM has the list `VIP`, and its members; those of other lists are there as well.
    pub(super) has_list: bool,
    pub(super) members: HashSet<u64>,
    /// Requests that ask for a list, make one, or change one.
    pub(super) of_lists: [usize; 3],
    /// Moments until the crash, and what then remains of it.
    pub(super) crash: Option<(u32, Crash)>,
}

/// The numbers of records by their addresses, with when they came.
type ByEmail = HashMap<String, Vec<(u64, Instant)>>;

impl State {
    /// Requests that count in the window of now, and how long until one more has room if it is full.
    fn within(&self, windows: Windows, length: Duration) -> (usize, Duration) {
        let now = Instant::now();
        let start = match windows {
            Windows::Sliding => now.checked_sub(length).unwrap(),
            Windows::Fixed => {
                let whole = (now - epoch()).as_nanos() / length.as_nanos();
                epoch() + length * u32::try_from(whole).unwrap()
            }
        };
        // Arrivals are in order.
        let before = self.arrivals.partition_point(|arrival| match windows {
            Windows::Sliding => *arrival <= start,
            Windows::Fixed => *arrival < start,
        });
        let from = match (windows, self.arrivals.get(before)) {
            (Windows::Sliding, Some(oldest)) => *oldest,
            _ => start,
        };
        (self.arrivals.len() - before, from + length - now)
    }
}

/// A copy of what a crash would leave behind, made in the middle of a push that goes on.
pub(super) struct Crash {
    /// Folders of the push's journal, and for its copy.
    pub(super) journal: PathBuf,
    pub(super) copy: PathBuf,
    /// What had been created by then, once it has come, and what can be found.
    pub(super) created: Option<(HashMap<u64, usize>, ByEmail)>,
}

const MINUTE: Duration = Duration::from_secs(60);
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

impl Service {
    pub(super) fn new(behaviour: Behaviour) -> Arc<Self> {
        let rng = Rng::with_seed(behaviour.seed);
        Arc::new(Self {
            behaviour,
            state: Mutex::new(State {
                rng,
                arrivals: Vec::new(),
                refusals: Vec::new(),
                throttled: 0,
                taken_by_crm: Vec::new(),
                created: HashMap::new(),
                by_email: HashMap::new(),
                late: Vec::new(),
                look_ups: 0,
                looked_up: HashMap::new(),
                last_look_is_true: true,
                tried: HashMap::new(),
                has_list: true,
                members: HashSet::new(),
                of_lists: [0; 3],
                crash: None,
            }),
        })
    }

    /// How many records were created whose number divided by `far` is each of these.
    pub(super) fn created_by(&self, far: u64) -> HashMap<u64, usize> {
        let mut counts = HashMap::new();
        for number in self.state.lock().unwrap().created.keys() {
            *counts.entry(number / far).or_default() += 1;
        }
        counts
    }

    fn random(&self) -> f64 {
        self.state.lock().unwrap().rng.f64()
    }

    /// A 429 when a window of the service is full.
    fn admit(&self) -> Option<Answer> {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap();
        let (windows, per_second, per_minute) = self.behaviour.limit?;
        let (in_second, second_ends) = state.within(windows, Duration::from_secs(1));
        let (in_minute, minute_ends) = state.within(windows, MINUTE);
        if in_second >= per_second || in_minute >= per_minute {
            state.throttled += 1;
            state.refusals.push(now);
            drop(state);
            let ends = if in_minute >= per_minute {
                minute_ends
            } else {
                second_ends
            };
            let mut headers = self.limits();
            match self.behaviour.waits {
                Waits::Untold => {}
                Waits::Constant(seconds) => headers.push(("retry-after", seconds.to_string())),
                Waits::Exact => {
                    let seconds = ends.as_secs_f64().ceil().max(1.0);
                    headers.push(("retry-after", seconds.to_string()));
                }
            }
            return Some(answer(429, &headers, &json!({"detail": "slow down"})));
        }
        state.arrivals.push(now);
        None
    }

    /// Whether the CRM takes this record, whenever it is asked.
    pub(super) fn refuses(&self, number: u64) -> bool {
        let mut rng = Rng::with_seed(self.behaviour.seed ^ number.wrapping_mul(0x9E37_79B9));
        rng.f64() < self.behaviour.refusals
    }

    fn create(&self, records: &[Value], moment: Instant) -> Value {
        let names = records.iter().filter_map(|record| record["email"].as_str());
        let names: Vec<String> = names.map(str::to_lowercase).collect();
        let different: HashSet<&String> = names.iter().collect();
        assert_eq!(
            different.len(),
            names.len(),
            "one identity twice in a batch"
        );
        let mut errors = Vec::new();
        for record in records {
            let number = record["n"].as_u64().unwrap();
            if !self.crm_takes_one_more() {
                let words = "You have reached your ten_secondly_rolling limit.";
                errors.push(json!({"record": record["email"], "error": words}));
            } else if self.refuses(number) {
                errors.push(json!({"record": record["email"], "error": "refused by the CRM"}));
            } else {
                self.add(record, moment);
            }
        }
        json!({"data": {
            "pushed_count": records.len() - errors.len(), "failed_count": errors.len(), "errors": errors,
        }})
    }

    /// The CRM has one more record.
    pub(super) fn add(&self, record: &Value, moment: Instant) {
        let mut state = self.state.lock().unwrap();
        let number = record["n"].as_u64().unwrap();
        *state.created.entry(number).or_default() += 1;
        if let Some(email) = record["email"].as_str() {
            let email = email.trim().to_lowercase();
            let entries = state.by_email.entry(email).or_default();
            entries.push((number, moment));
        }
    }

    /// Works off what was left for later, as far as its time has come.
    pub(super) fn work_off(&self, until: Instant) {
        let late = std::mem::take(&mut self.state.lock().unwrap().late);
        for (due, records) in late {
            if due <= until {
                self.create(&records, due);
            } else {
                self.state.lock().unwrap().late.push((due, records));
            }
        }
    }

    async fn look_up(&self, body: TrackedBody) -> Result<Answer> {
        let bytes = whole(body).await;
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        if let Some(throttled) = self.admit() {
            return Ok(throttled);
        }
        self.work_off(Instant::now());
        self.state.lock().unwrap().look_ups += 1;
        let asked: Value = serde_json::from_slice(&bytes).unwrap();
        let emails = asked["emails"].as_array().unwrap();
        assert!(!emails.is_empty() && emails.len() <= 100);
        let mut items = Vec::new();
        for email in emails.iter().map(|email| email.as_str().unwrap()) {
            let state = self.state.lock().unwrap();
            let known = state.by_email.get(email).into_iter().flatten();
            let is_found = |number: u64| {
                let every = self.behaviour.never_found_every;
                every.is_none_or(|every| !number.is_multiple_of(every))
            };
            let found = known.filter(|(number, came)| {
                is_found(*number) && came.elapsed() >= self.behaviour.search_lag
            });
            items.extend(found.map(|(number, _)| json!({"id": number, "email": email})));
        }
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        let is_faulty = self.random() < self.behaviour.look_up_faults;
        {
            let mut state = self.state.lock().unwrap();
            state.last_look_is_true = !is_faulty;
            for email in emails.iter().filter_map(Value::as_str) {
                let look = (Instant::now(), !is_faulty);
                state.looked_up.insert(email.to_owned(), look);
            }
        }
        if is_faulty {
            let kind = self.state.lock().unwrap().rng.u32(0..3);
            return match kind {
                0 => Err(Error::new(ErrorKind::Connection, "the connection broke")),
                1 => Ok(answer(500, &[], &json!({"detail": "broken"}))),
                _ => Ok(answer(200, &[], &json!({"data": {"status": "done"}}))),
            };
        }
        let found = json!({"data": {"items": items}, "pagination": null});
        Ok(answer(200, &self.limits(), &found))
    }

    /// Asks for a list, which is made where that is asked for.
    async fn find_list(&self, is_made: bool) -> Result<Answer> {
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        if let Some(throttled) = self.admit() {
            return Ok(throttled);
        }
        let mut state = self.state.lock().unwrap();
        state.of_lists[usize::from(is_made)] += 1;
        state.has_list |= is_made;
        let list = json!({"id": "7", "name": "VIP"});
        let found = match (is_made, state.has_list) {
            (true, _) => list,
            (false, true) => json!({"items": [list]}),
            (false, false) => json!({"items": []}),
        };
        Ok(answer(200, &[], &json!({"data": found})))
    }

    /// Changes the list.
    async fn change_list(&self, body: TrackedBody) -> Result<Answer> {
        let bytes = whole(body).await;
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        if let Some(throttled) = self.admit() {
            return Ok(throttled);
        }
        let is_faulty = self.random() < self.behaviour.list_faults;
        let broken = || Error::new(ErrorKind::Connection, "the connection broke");
        let mut state = self.state.lock().unwrap();
        state.of_lists[2] += 1;
        let fault = is_faulty.then(|| state.rng.u32(0..4));
        match fault {
            Some(0) => return Err(broken()),
            Some(1) => return Ok(answer(403, &[], &json!({"detail": "no right"}))),
            _ => {}
        }
        let change: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(state.has_list);
        let (mut added, mut removed) = (0, 0);
        for record in change["records"].as_array().unwrap() {
            let list: u64 = record["list_id"].as_str().unwrap().parse().unwrap();
            let ids = |side: &str| -> Vec<u64> {
                let ids = record[side].as_array().into_iter().flatten();
                ids.map(|id| member_of(list, id.as_str().unwrap().parse().unwrap()))
                    .collect()
            };
            let [joining, leaving] = ["add_contact_ids", "remove_contact_ids"].map(ids);
            assert!((1..=100).contains(&(joining.len() + leaving.len())));
            for member in joining {
                added += u64::from(state.members.insert(member));
            }
            for member in leaving {
                removed += u64::from(state.members.remove(&member));
            }
        }
        match fault {
            Some(2) => return Err(broken()),
            Some(_) => return Ok(answer(200, &[], &json!({"data": {"status": "done"}}))),
            None => {}
        }
        let counts = json!({
            "pushed_count": 1, "failed_count": 0, "errors": [], "added": added, "removed": removed,
        });
        Ok(answer(200, &[], &json!({"data": counts})))
    }

    async fn list_syncs(&self) -> Result<Answer> {
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        let syncs = ["hubspot", "pipedrive"].map(
            |provider| json!({"provider": provider, "status": "connected", "connection_id": "c1"}),
        );
        Ok(self
            .admit()
            .unwrap_or_else(|| answer(200, &self.limits(), &json!({"data": syncs}))))
    }

    fn crm_takes_one_more(&self) -> bool {
        let Some(limit) = self.behaviour.crm_limit else {
            return true;
        };
        let now = Instant::now();
        let taken = &mut self.state.lock().unwrap().taken_by_crm;
        taken.retain(|moment| *moment + Duration::from_secs(10) > now);
        taken.push(now);
        if taken.len() > limit {
            taken.pop();
            return false;
        }
        true
    }

    /// A moment at which the machine may die.
    fn moment(&self) {
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        let Some((moments, crash)) = &mut state.crash else {
            return;
        };
        if *moments == 0 && crash.created.is_none() {
            // The write-ahead log is the journal's newest part.
            for name in ["journal", "journal-wal"] {
                std::fs::copy(crash.journal.join(name), crash.copy.join(name)).unwrap();
            }
            crash.created = Some((state.created.clone(), state.by_email.clone()));
        }
        *moments = moments.saturating_sub(1);
    }

    async fn serve(&self, body: TrackedBody) -> Result<Answer> {
        let broken = || Error::new(ErrorKind::Connection, "the connection broke");
        self.moment();
        let faulty = self.random() < self.behaviour.faults;
        let kind = if faulty {
            self.state
                .lock()
                .unwrap()
                .rng
                .u32(0..if self.behaviour.finishes_late { 12 } else { 11 })
        } else {
            u32::MAX
        };
        if kind == 0 {
            sleep(Duration::from_millis(20)).await;
            return Err(broken()); // before anything of the body was taken
        }
        let bytes = whole(body).await;
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        if bytes.len() > self.behaviour.largest_body {
            return Ok(answer(413, &[], &json!({"detail": "too large"})));
        }
        if let Some(throttled) = self.admit() {
            return Ok(throttled);
        }
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let records = whole["records"].as_array().unwrap();
        for email in records.iter().filter_map(|record| record["email"].as_str()) {
            let tried = &mut self.state.lock().unwrap().tried;
            tried.insert(email.trim().to_lowercase(), Instant::now());
        }
        match kind {
            1 => return Err(broken()),
            2 => return Ok(answer(500, &[], &json!({"detail": "broken"}))),
            3 => {
                sleep(TIMEOUT).await;
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "no answer within the time-out",
                ));
            }
            4 => return Ok(answer(429, &[("retry-after", "1".to_owned())], &json!({}))),
            11 => {
                // Whole before the client may look: the search lags, too.
                let takes = TIMEOUT.mul_f64(0.1 + 1.4 * self.random());
                let due = Instant::now() + takes;
                let late = (due, records.clone());
                self.state.lock().unwrap().late.push(late);
                sleep(TIMEOUT).await;
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "no answer within the time-out",
                ));
            }
            5 => {
                let code = ("x-error-code", "workspace_provisioning".to_owned());
                return Ok(answer(503, &[code], &json!({})));
            }
            _ => {}
        }
        let records_len = u32::try_from(records.len()).unwrap();
        sleep(self.behaviour.per_record * records_len).await;
        self.moment();
        let data = self.create(records, Instant::now());
        self.moment();
        sleep(self.behaviour.transit.mul_f64(self.random())).await;
        self.moment();
        Ok(match kind {
            6 => return Err(broken()),
            7 => answer(502, &[], &json!("a gateway")),
            8 => {
                sleep(TIMEOUT).await;
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "no answer within the time-out",
                ));
            }
            9 => {
                let mut cut = answer(200, &[], &data);
                cut.body.truncate(cut.body.len() / 2);
                cut
            }
            10 => answer(
                200,
                &[],
                &json!({"data": {"pushed_count": records.len() + 1, "failed_count": 0, "errors": []}}),
            ),
            _ => answer(200, &self.limits(), &data),
        })
    }

    fn limits(&self) -> Vec<(&'static str, String)> {
        let told = self.behaviour.headers.iter();
        let told = told.map(|(name, value)| (*name, (*value).to_owned()));
        let Some((windows, per_second, per_minute)) =
            self.behaviour.limit.filter(|_| self.behaviour.tells_limits)
        else {
            return told.collect();
        };
        let (used, _) = self.state.lock().unwrap().within(windows, MINUTE);
        vec![
            ("x-ratelimit-limit-second", per_second.to_string()),
            ("x-ratelimit-limit-minute", per_minute.to_string()),
            (
                "x-ratelimit-remaining",
                per_minute.saturating_sub(used).to_string(),
            ),
        ]
    }
}

impl Simulation for Service {
    fn answer<'a>(
        &'a self,
        request: &'a Request,
        body: Option<TrackedBody>,
    ) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>> {
        Box::pin(async move {
            let path = request.url.path();
            match body {
                body if path.ends_with("/integrations/crm/lists") => {
                    self.find_list(body.is_some()).await
                }
                None => self.list_syncs().await,
                Some(body) if path.ends_with("/lists/push") => self.change_list(body).await,
                Some(body) if path.ends_with("/lookup-by-email") => self.look_up(body).await,
                Some(body) => self.serve(body).await,
            }
        })
    }
}

/// How the service keeps a member of a list; of the one that is named `VIP`, by its own number.
pub(super) fn member_of(list: u64, number: u64) -> u64 {
    number + (list - 7) * 1_000
}

async fn whole(mut body: TrackedBody) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        bytes.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    bytes
}

pub(super) fn answer(status: u16, headers: &[(&'static str, String)], body: &Value) -> Answer {
    let named = headers.iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::try_from(value).unwrap(),
        )
    });
    let body = body.to_string().into_bytes();
    Answer::new(status, named.collect(), body, None)
}

thread_local! {
    static EPOCH: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Where fixed windows begin: an hour before the test, so that sliding ones may look back.
fn epoch() -> Instant {
    EPOCH.get().unwrap_or_else(|| {
        minute_is_old(Duration::ZERO);
        epoch()
    })
}

/// Fixed minutes of this thread's services are as old as that now.
pub(super) fn minute_is_old(age: Duration) {
    let hour = Duration::from_secs(3_600);
    EPOCH.set(Instant::now().checked_sub(hour + age));
}

//! Clients that share a log by a file, on a clock that stands still between the steps.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;

use proptest::prelude::*;
use tokio::time::{advance, sleep};

use super::clock::Clock;
use super::file::{COPIES, Identity, LogFile};
use super::*;

/// Longer than that no request of these tests is under way.
const TRANSIT_MS: u64 = 75;

/// A file of a test's own.
struct Place(PathBuf, Instant);

impl Place {
    fn new() -> Self {
        let name = format!("graph8-crm-pace-{}", uuid::Uuid::new_v4());
        Self(std::env::temp_dir().join(name), Instant::now())
    }

    fn file(&self) -> LogFile {
        self.file_of(b"a key")
    }

    fn file_of(&self, key: &[u8]) -> LogFile {
        let identity = Identity::new("http://127.0.0.1:9", key);
        LogFile::at(self.0.clone(), identity, Clock::Simulated(self.1))
    }

    fn keeper(&self, cap: Option<RateLimit>) -> Keeper {
        Keeper::at(SendLog::new(cap), self.file())
    }

    fn pacer(&self, cap: Option<RateLimit>) -> Arc<Pacer> {
        Arc::new(Pacer::of(self.keeper(cap)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

pub(super) fn paused<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

fn limit(per_second: u32, per_minute: u32) -> RateLimit {
    RateLimit {
        per_second,
        per_minute,
    }
}

fn told(per_second: u32, per_minute: u32, remaining: Option<u32>) -> LimitHeaders {
    LimitHeaders {
        per_second: Some(per_second),
        per_minute: Some(per_minute),
        remaining,
        reset: None,
        retry_after: None,
    }
}

fn limits(keeper: &Keeper) -> (usize, usize) {
    (keeper.log().second.limit, keeper.log().minute.limit)
}

fn most_within(arrivals: &[Instant], length: Duration) -> usize {
    let mut sorted = arrivals.to_vec();
    sorted.sort_unstable();
    let mut most = 0;
    let mut first = 0;
    for (place, at) in sorted.iter().enumerate() {
        while sorted[first] + length <= *at {
            first += 1;
        }
        most = most.max(place + 1 - first);
    }
    most
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Take(usize),
    Send(usize),
    Answer(usize),
    GiveBack(usize),
    /// 429, to wait so many seconds.
    Refuse(usize, u64),
    /// A process is gone, and what it held with it; another begins.
    Kill(usize),
    /// One copy in the file is damaged, as by a crash within a write.
    Tear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_u64..400).prop_map(Step::Wait),
        1 => (0_u64..20_000).prop_map(Step::Wait),
        8 => (0_usize..4).prop_map(Step::Take),
        6 => (0_usize..30).prop_map(Step::Send),
        5 => (0_usize..30).prop_map(Step::Answer),
        1 => (0_usize..30).prop_map(Step::GiveBack),
        1 => ((0_usize..30), (0_u64..5)).prop_map(|(slot, wait)| Step::Refuse(slot, wait)),
        1 => (0_usize..4).prop_map(Step::Kill),
        1 => Just(Step::Tear),
    ];
    proptest::collection::vec(step, 1..250)
}

struct Under {
    keeper: usize,
    slot: u64,
    oldest: u64,
    sent: bool,
}

proptest! {
    /// Whatever happens, in whatever order, and whoever dies: as one client alone with one log, the requests of all
    /// who share the file stay within both windows.
    #[test]
    fn those_who_share_a_file_are_never_over_either_window(
        steps in steps(),
        transits in proptest::collection::vec(0..=TRANSIT_MS, 250),
        limits in prop_oneof![Just((3_u32, 20_u32)), Just((10, 30)), Just((2, 500))],
    ) {
        paused(async {
            let place = Place::new();
            let cap = Some(limit(limits.0, limits.1));
            let mut keepers: Vec<Keeper> = (0..4).map(|_| place.keeper(cap)).collect();
            let mut under: Vec<Under> = Vec::new();
            let mut arrivals = Vec::new();
            let mut transits = transits.iter().cycle();
            for step in &steps {
                let now = Instant::now();
                match *step {
                    Step::Wait(ms) => advance(Duration::from_millis(ms)).await,
                    Step::Take(keeper) => {
                        if let Ok((slot, oldest)) = keepers[keeper].take(now) {
                            under.push(Under { keeper, slot, oldest, sent: false });
                        }
                    }
                    Step::Send(at) => {
                        let count = under.len().max(1);
                        if let Some(request) = under.get_mut(at % count)
                            && !request.sent
                        {
                            request.sent = true;
                            keepers[request.keeper].sent(request.slot, now);
                            let transit = *transits.next().unwrap();
                            arrivals.push(now + Duration::from_millis(transit));
                        }
                    }
                    Step::Answer(at) | Step::Refuse(at, _) => {
                        let place = at % under.len().max(1);
                        if under.get(place).is_some_and(|request| request.sent) {
                            let request = under.swap_remove(place);
                            // It had arrived before it was answered.
                            advance(Duration::from_millis(TRANSIT_MS)).await;
                            let now = Instant::now();
                            let keeper = &mut keepers[request.keeper];
                            if let Step::Refuse(_, wait) = *step {
                                keeper.over(request.slot, request.oldest, None, now);
                                keeper.refused(request.slot, Some(Duration::from_secs(wait)), now);
                            } else {
                                let told = told(limits.0, limits.1, None);
                                keeper.over(request.slot, request.oldest, Some((200, &told)), now);
                            }
                        }
                    }
                    Step::GiveBack(at) => {
                        let place = at % under.len().max(1);
                        if under.get(place).is_some_and(|request| !request.sent) {
                            let request = under.swap_remove(place);
                            keepers[request.keeper].give_back(request.slot);
                        }
                    }
                    Step::Kill(dead) => {
                        under.retain(|request| request.keeper != dead);
                        keepers[dead] = place.keeper(cap);
                    }
                    Step::Tear => tear_the_older(&place.0),
                }
            }
            prop_assert!(most_within(&arrivals, SECOND) <= limits.0 as usize);
            prop_assert!(most_within(&arrivals, MINUTE) <= limits.1 as usize);
            Ok(())
        })?;
    }

    /// A log in a file is the log in memory, whoever asks.
    #[test]
    fn a_log_that_is_shared_gives_what_one_in_memory_gives(
        steps in proptest::collection::vec((0_usize..4, 0_u64..900, 0_u8..8), 1..200),
    ) {
        paused(async {
            let place = Place::new();
            let mut keepers: Vec<Keeper> = (0..4).map(|_| place.keeper(None)).collect();
            let mut alone = Keeper::new(SendLog::new(None), Store::Alone);
            let mut under = Vec::new();
            for (seed, (keeper, wait, kind)) in steps.into_iter().enumerate() {
                advance(Duration::from_millis(wait)).await;
                let now = Instant::now();
                let mut on_both = |under: &mut Vec<(usize, (u64, u64))>, work: &dyn Fn(&mut Keeper, u64, u64)| {
                    if let Some((keeper, (slot, oldest))) = under.pop() {
                        for keeper in [&mut keepers[keeper], &mut alone] {
                            fastrand::seed(seed as u64);
                            work(keeper, slot, oldest);
                        }
                    }
                };
                match kind {
                    0..4 => {
                        let taken = keepers[keeper].take(now);
                        let expected = alone.take(now);
                        prop_assert_eq!(taken.ok(), expected.ok());
                        if let Ok(slot) = taken {
                            for keeper in [&mut keepers[keeper], &mut alone] {
                                keeper.sent(slot.0, now);
                            }
                            under.push((keeper, slot));
                        }
                    }
                    4..6 => on_both(&mut under, &|keeper, slot, oldest| {
                        let told = told(12, 100, Some(60));
                        keeper.over(slot, oldest, Some((200, &told)), now);
                    }),
                    6 => on_both(&mut under, &|keeper, slot, _| keeper.give_back(slot)),
                    _ => on_both(&mut under, &|keeper, slot, _| {
                        keeper.refused(slot, Some(Duration::from_secs(2)), now);
                    }),
                }
            }
            Ok(())
        })?;
    }
}

/// Damages the copy that was written before the last one, as who is killed within a write leaves it.
fn tear_the_older(path: &Path) {
    let Ok(bytes) = fs::read(path) else {
        return;
    };
    let number = |at: &u64| {
        let at = usize::try_from(*at).unwrap();
        bytes
            .get(at + 8..at + 16)
            .map_or(0, |n| u64::from_le_bytes(n.try_into().unwrap()))
    };
    let newest = COPIES.iter().enumerate().max_by_key(|(_, at)| number(at));
    let older = COPIES[1 - newest.map_or(0, |(place, _)| place)];
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(older + 20)).unwrap();
    file.write_all(b"torn").unwrap();
}

/// Requests of as many clients as there are `pacers`, as many as fit in three minutes, with the time at which
/// each arrived.
async fn three_minutes(pacers: Vec<Arc<Pacer>>, limits: (u32, u32)) -> Vec<(usize, Instant)> {
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let until = Instant::now() + 3 * MINUTE;
    let mut tasks = Vec::new();
    for (name, pacer) in pacers.into_iter().enumerate() {
        // Some requests are under way at a time, as those of a push.
        for _ in 0..4 {
            let (pacer, arrivals) = (Arc::clone(&pacer), Arc::clone(&arrivals));
            tasks.push(tokio::spawn(async move {
                loop {
                    let mut permit = pacer.acquire(|_| ()).await.unwrap();
                    if Instant::now() >= until {
                        return;
                    }
                    permit.leaves();
                    permit.mark().sent();
                    sleep(Duration::from_millis(fastrand::u64(0..=TRANSIT_MS))).await;
                    lock(&arrivals).push((name, Instant::now()));
                    sleep(Duration::from_millis(fastrand::u64(5..120))).await;
                    let headers = told(limits.0, limits.1, None);
                    permit.over(Some((200, &headers)));
                }
            }));
        }
    }
    for task in tasks {
        let _ = tokio::time::timeout_at(until, task).await;
    }
    Arc::try_unwrap(arrivals).map_or_else(
        |arrivals| lock(&arrivals).clone(),
        |arrivals| arrivals.into_inner().unwrap(),
    )
}

#[test]
fn eight_who_share_a_file_use_the_limit_evenly_and_are_never_over_it() {
    for (per_second, per_minute) in [(10, 200), (50, 300)] {
        paused(async {
            fastrand::seed(7);
            let place = Place::new();
            let pacers = (0..8).map(|_| place.pacer(None)).collect();
            let arrivals = three_minutes(pacers, (per_second, per_minute)).await;
            let times: Vec<Instant> = arrivals.iter().map(|(_, at)| *at).collect();
            assert!(most_within(&times, SECOND) <= per_second as usize);
            assert!(most_within(&times, MINUTE) <= per_minute as usize);
            let used = number(times.len()) / (3.0 * f64::from(per_minute));
            assert!(used >= 0.98, "{per_minute}: {used}");
            let counts = (0..8).map(|name| arrivals.iter().filter(|(who, _)| *who == name).count());
            let least = number(counts.min().unwrap()) * 8.0 / number(times.len());
            assert!(least >= 0.7, "{per_minute}: {least}");
        });
    }
}

#[test]
fn limits_and_holds_that_one_hears_of_hold_for_all() {
    paused(async {
        let place = Place::new();
        let [mut one, mut other] = [place.keeper(None), place.keeper(None)];
        let now = Instant::now();
        let (slot, oldest) = one.take(now).unwrap();
        one.sent(slot, now);
        one.over(slot, oldest, Some((200, &told(2, 40, None))), now);
        assert!(other.take(now).is_ok());
        assert_eq!(limits(&other), (2, 40));
        assert!(other.take(now).is_err());

        advance(2 * SECOND).await;
        let now = Instant::now();
        let (slot, oldest) = one.take(now).unwrap();
        one.sent(slot, now);
        one.over(slot, oldest, None, now);
        one.refused(slot, Some(Duration::from_secs(30)), now);
        let held = other.take(now).unwrap_err();
        assert!(held >= now + Duration::from_secs(30), "{:?}", held - now);
    });
}

/// The other's own wish bounds nobody but the other.
#[test]
fn a_clients_own_limit_is_its_own() {
    paused(async {
        let place = Place::new();
        let mut small = place.keeper(Some(limit(2, 40)));
        let mut free = place.keeper(None);
        let now = Instant::now();
        assert!(small.take(now).is_ok());
        assert!(free.take(now).is_ok());
        // The requests of both count.
        assert!(small.take(now).is_err());
        assert!(free.take(now).is_ok());
        assert_eq!((limits(&small), limits(&free)), ((2, 40), (10, 200)));
    });
}

#[test]
fn a_slot_of_a_process_that_was_killed_is_free_after_a_minute() {
    paused(async {
        let place = Place::new();
        let cap = Some(limit(1, 1));
        let mut dead = place.keeper(cap);
        assert!(dead.take(Instant::now()).is_ok());
        drop(dead);
        let mut alive = place.keeper(cap);
        advance(Duration::from_secs(59)).await;
        assert!(alive.take(Instant::now()).is_err());
        advance(Duration::from_secs(4)).await;
        assert!(alive.take(Instant::now()).is_ok());
    });
}

/// It takes the place of none of the others' slots in the second while it has its own.
#[test]
fn a_slot_that_nobody_uses_keeps_no_other_from_being_free() {
    paused(async {
        let place = Place::new();
        let cap = Some(limit(3, 100));
        let mut dead = place.keeper(cap);
        assert!(dead.take(Instant::now()).is_ok());
        let mut alive = place.keeper(cap);
        for _ in 0..20 {
            let now = Instant::now();
            let (slot, _) = alive.take(now).unwrap();
            alive.sent(slot, now);
            advance(Duration::from_millis(600)).await;
        }
    });
}

#[test]
fn whatever_the_file_holds_is_harmless_or_refused() {
    paused(async {
        let place = Place::new();
        let now = Instant::now();
        let mut first = place.keeper(None);
        for _ in 0..3 {
            let (slot, _) = first.take(now).unwrap();
            first.sent(slot, now);
        }
        let whole = fs::read(&place.0).unwrap();
        // Cut off anywhere, or flipped in its head: a newcomer waits for a minute, and the next one for the rest of it.
        let lengths = (0..whole.len()).step_by(977).skip(1);
        for length in lengths.chain([1, 23, 24, 30, 55, 56, 63, 64, 4_095, 4_096, 4_097]) {
            fs::write(&place.0, &whole[..length]).unwrap();
            for _ in 0..2 {
                let taken = place.keeper(None).take(now);
                let Err(until) = taken else {
                    // One copy is whole.
                    assert!(length as u64 > COPIES[0], "{length}");
                    continue;
                };
                assert!(until > now + MINUTE, "{length}");
                assert!(until <= now + MINUTE + 2 * SECOND, "{length}");
            }
        }
        for at in [0, 23, 24, 40, 63] {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            fs::write(&place.0, &flipped).unwrap();
            let until = place.keeper(None).take(now).unwrap_err();
            assert!(until > now + MINUTE, "{at}");
        }
        // One that others made, and that is empty yet, is new.
        fs::write(&place.0, b"").unwrap();
        assert!(place.keeper(None).take(now).is_ok());
        // Who knew the log goes on with what it knows.
        fs::write(&place.0, &whole).unwrap();
        let mut knows = place.keeper(Some(limit(10, 4)));
        assert!(knows.take(now).is_ok());
        fs::write(&place.0, b"").unwrap();
        assert!(knows.take(now).is_err());
        fs::remove_file(&place.0).unwrap();
        assert!(knows.take(now).is_err());

        for (foreign, says) in [
            (
                &b"not ours, and to be kept"[..],
                "not a file of rate limits",
            ),
            (
                b"graph8-crm rate limit 1\n and more",
                "not a file of rate limits",
            ),
        ] {
            fs::write(&place.0, foreign).unwrap();
            let refused = place.file().enter(&mut SendLog::new(None), Duration::ZERO);
            assert!(format!("{:?}", refused.err()).contains(says));
            assert_eq!(fs::read(&place.0).unwrap(), foreign);
        }
        fs::write(&place.0, &whole).unwrap();
        let refused = place
            .file_of(b"another key")
            .enter(&mut SendLog::new(None), Duration::ZERO);
        assert!(format!("{:?}", refused.err()).contains("another API key"));
        assert_eq!(fs::read(&place.0).unwrap(), whole);
    });
}

#[test]
fn without_the_lock_a_client_keeps_to_its_part_and_comes_back() {
    paused(async {
        let place = Place::new();
        let cap = Some(limit(10, 40));
        let [mut one, mut other] = [place.keeper(cap), place.keeper(cap)];
        let now = Instant::now();
        for keeper in [&mut one, &mut other] {
            let (slot, _) = keeper.take(now).unwrap();
            keeper.sent(slot, now);
        }
        let stopped = File::open(&place.0).unwrap();
        stopped.lock().unwrap();
        assert!(one.take(Instant::now()).is_err());
        advance(Duration::from_millis(500)).await;
        assert!(one.take(Instant::now()).is_err());
        assert!(one.is_shared());
        advance(Duration::from_millis(600)).await;
        // A second has passed: half of the limit, since two were seen.
        let taken = taken_within(4 * SECOND, &mut one).await;
        assert!(!one.is_shared());
        assert!((15..=20).contains(&taken.len()), "{}", taken.len());
        assert!(most_within(&taken, SECOND) <= 5);

        drop(stopped);
        advance(2 * SECOND).await;
        let now = Instant::now();
        assert!(one.take(now).is_ok());
        assert!(one.is_shared());
        // What it sent meanwhile counts for the other, too.
        let left = taken_within(12 * SECOND, &mut other).await.len();
        assert_eq!(left + taken.len() + 3, 40);
    });
}

/// As many as are there, of whom none had a slot yet: they share what is certain, each in turn.
#[test]
fn without_the_lock_all_who_wait_have_their_parts_at_different_times() {
    paused(async {
        let place = Place::new();
        let cap = Some(limit(10, 200));
        assert!(place.keeper(cap).take(Instant::now()).is_ok());
        let stopped = File::open(&place.0).unwrap();
        stopped.lock().unwrap();
        let mut keepers: Vec<Keeper> = (0..9).map(|_| place.keeper(cap)).collect();
        let mut arrivals = Vec::new();
        run_for(3 * MINUTE, &mut keepers, &mut arrivals).await;
        for keeper in &mut keepers {
            let [Notice::Alone { clients, .. }] = &keeper.notices()[..] else {
                panic!("one notice");
            };
            // With the one that has the lock.
            assert_eq!(*clients, 10);
        }
        for name in 0..9 {
            let own = arrivals.iter().filter(|(who, _)| *who == name).count();
            // A tenth of the limit in the first minute; then the tenth client is gone.
            assert!((58..=66).contains(&own), "{own}");
        }
        // They come back one after the other, and the first of them leaves the others their parts.
        drop(stopped);
        run_for(6 * SECOND, &mut keepers, &mut arrivals).await;
        assert!(keepers.iter().all(Keeper::is_shared));
        run_for(3 * MINUTE, &mut keepers, &mut arrivals).await;
        let times: Vec<Instant> = arrivals.iter().map(|(_, at)| *at).collect();
        assert!(most_within(&times, SECOND) <= 10);
        assert!(most_within(&times, MINUTE) <= 200);
        assert!(times.len() > 1_100, "{}", times.len());
    });
}

/// All of them send what they may; `arrivals` are those of each by its place.
async fn run_for(time: Duration, keepers: &mut [Keeper], arrivals: &mut Vec<(usize, Instant)>) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        for (name, keeper) in keepers.iter_mut().enumerate() {
            let now = Instant::now();
            match keeper.take(now) {
                Ok((slot, _)) => {
                    keeper.sent(slot, now);
                    arrivals.push((name, now));
                }
                Err(until) => assert!(until > now, "asks again at once"),
            }
        }
        advance(Duration::from_millis(10)).await;
    }
}

/// When one of them sends.
async fn taken_within(time: Duration, keeper: &mut Keeper) -> Vec<Instant> {
    let mut arrivals = Vec::new();
    run_for(time, slice::from_mut(keeper), &mut arrivals).await;
    arrivals.into_iter().map(|(_, at)| at).collect()
}

/// Two clients, so that one's part is a half.
#[test]
fn on_a_full_disk_a_client_keeps_to_its_part_and_comes_back() {
    paused(async {
        let place = Place::new();
        let cap = Some(limit(10, 40));
        let [mut one, mut other] = [place.keeper(cap), place.keeper(cap)];
        for keeper in [&mut one, &mut other] {
            let now = Instant::now();
            let (slot, _) = keeper.take(now).unwrap();
            keeper.sent(slot, now);
        }
        one.disk_is_full(true);
        let taken = taken_within(10 * SECOND, &mut one).await;
        assert!(!one.is_shared());
        assert!((15..=20).contains(&taken.len()), "{}", taken.len());
        assert!(most_within(&taken, SECOND) <= 5);
        one.disk_is_full(false);
        advance(5 * SECOND).await;
        assert!(one.take(Instant::now()).is_ok());
        assert!(one.is_shared());
        let [
            Notice::Alone {
                clients: 2, why, ..
            },
            Notice::Shared { .. },
        ] = &one.notices()[..]
        else {
            panic!("one notice of each");
        };
        assert!(why.contains("can't be used"), "{why}");
    });
}

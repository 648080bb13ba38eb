//! The script in a real Redis, on a clock that the tests set. They need `redis-server`: `make test-redis`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::script::{Note, Reply, Verdict, with_given_clock};
use super::*;
use crate::http::pace::tests::paused;
use crate::http::pace::{MINUTE, RateLimit};

/// A server of a test's own, and the script in it.
struct Store {
    server: Child,
    socket: PathBuf,
    connection: ::redis::Connection,
    script: String,
    /// Of the limit that is asked for.
    name: AtomicU64,
}

impl Store {
    fn start() -> Self {
        let socket = std::env::temp_dir().join(format!("graph8-{}.redis", uuid::Uuid::new_v4()));
        let mut server = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocket",
            ])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is needed: apt-get install redis-server");
        let client = ::redis::Client::open(format!("redis+unix://{}", socket.display())).unwrap();
        let mut connection = loop {
            match client.get_connection() {
                Ok(connection) => break connection,
                Err(_) => assert!(server.try_wait().unwrap().is_none(), "redis-server ended"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let script = ::redis::cmd("SCRIPT")
            .arg("LOAD")
            .arg(with_given_clock())
            .query(&mut connection)
            .unwrap();
        Self {
            server,
            socket,
            connection,
            script,
            name: AtomicU64::new(0),
        }
    }

    /// Forgets all there was.
    fn flush(&mut self) {
        ::redis::cmd("FLUSHALL").exec(&mut self.connection).unwrap();
        ::redis::cmd("SCRIPT")
            .arg("LOAD")
            .arg(with_given_clock())
            .exec(&mut self.connection)
            .unwrap();
    }

    fn call(&mut self, at: Duration, head: [&str; 7], notes: &[Note]) -> Reply {
        let keys = [
            "state", "second", "minute", "numbers", "refused", "seen", "asked",
        ];
        let mut arguments = vec![(1_000_000_000 + at.as_micros()).to_string()];
        arguments.extend(head.map(str::to_owned));
        for note in notes {
            note.write(Duration::ZERO, &mut arguments);
        }
        let name = self.name.load(Ordering::Relaxed);
        let value = ::redis::cmd("EVALSHA")
            .arg(&self.script)
            .arg(keys.len())
            .arg(keys.map(|key| format!("{{{name}}}:{key}")).as_slice())
            .arg(&arguments)
            .query(&mut self.connection)
            .unwrap();
        Reply::read(value).unwrap()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// A client, as the script knows it.
struct Client {
    owner: &'static str,
    epoch: String,
    next: u64,
    asks: u64,
    among: usize,
}

impl Client {
    fn new(owner: &'static str) -> Self {
        Self {
            owner,
            epoch: String::new(),
            next: 0,
            asks: 1,
            among: 0,
        }
    }

    fn call(&mut self, store: &mut Store, at: Duration, asks: bool, notes: &[Note]) -> Reply {
        let asked = if asks { self.asks } else { 0 }.to_string();
        let (next, among) = (self.next.to_string(), self.among.to_string());
        let head = [self.owner, "10", "20", &self.epoch, &next, &among, &asked];
        let reply = store.call(at, head, notes);
        let mut log = SendLog::new(None);
        form::read_state(&reply.form, Instant::now(), &mut log).unwrap();
        self.next = log.next_slot;
        self.epoch.clone_from(&reply.epoch);
        self.asks += u64::from(matches!(reply.verdict, Verdict::Slot(_)));
        reply
    }

    fn take(&mut self, store: &mut Store, at: Duration) -> Verdict {
        self.call(store, at, true, &[]).verdict
    }

    fn taken(&mut self, store: &mut Store, at: Duration) -> u64 {
        match self.take(store, at) {
            Verdict::Slot(slot) => slot,
            other => panic!("{other:?}"),
        }
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[derive(Clone, Debug)]
enum Step {
    Take,
    Sent(usize),
    Abandoned(usize),
    Unused(usize),
    /// With what is left of the minute, if that is told.
    Over(usize, Option<u32>),
    /// To wait so many seconds, if that is told, and come back after such a part of the spread.
    Refused(usize, Option<u64>, f64),
}

fn steps() -> impl Strategy<Value = Vec<(usize, u64, Step)>> {
    let at = || 0_usize..20;
    let left = || proptest::option::of(0_u32..40);
    let step = prop_oneof![
        8 => Just(Step::Take),
        6 => at().prop_map(Step::Sent),
        1 => at().prop_map(Step::Abandoned),
        1 => at().prop_map(Step::Unused),
        4 => (at(), left()).prop_map(|(at, left)| Step::Over(at, left)),
        1 => (at(), proptest::option::of(0_u64..40), 0.0..1.0)
            .prop_map(|(at, wait, random)| Step::Refused(at, wait, random)),
    ];
    let wait = prop_oneof![6 => 0_u64..300, 2 => 0_u64..5_000, 1 => 0_u64..70_000];
    proptest::collection::vec((0_usize..3, wait, step), 1..250)
}

/// What both sides round differently.
fn is_near(one: Option<Instant>, other: Option<Instant>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            let apart = one.max(other) - one.min(other);
            apart <= Duration::from_micros(3)
        }
        (one, other) => one == other,
    }
}

/// Whatever clients of different limits do, in whatever order: the script decides as the log in Rust does, and
/// knows the same limits, holds and strangers.
#[test]
#[ignore = "needs redis-server"]
fn the_script_decides_as_the_log_in_memory() {
    let store = std::cell::RefCell::new(Store::start());
    proptest!(|(steps in steps(), told_limits in prop_oneof![Just((10_u32, 20_u32)), Just((3, 40)), Just((50, 300))])| {
        let mut store = store.borrow_mut();
        store.name.fetch_add(1, Ordering::Relaxed);
        paused(course(&mut store, steps, told_limits))?;
    });
}

#[expect(clippy::too_many_lines, reason = "each step on both sides")]
async fn course(
    store: &mut Store,
    steps: Vec<(usize, u64, Step)>,
    (per_second, per_minute): (u32, u32),
) -> Result<(), TestCaseError> {
    let start = Instant::now();
    let owners = ["11", "13", "17"];
    let caps = [
        None,
        Some(RateLimit {
            per_second: 2,
            per_minute: 15,
        }),
        None,
    ];
    let mut asks = [1_u64; 3];
    let mut log = SendLog::new(None);
    log.asks_again = Duration::from_millis(20);
    let mut known: Vec<(usize, u64, u64)> = Vec::new();
    for (client, wait, step) in steps {
        // Between the times at which anything can end.
        advance(Duration::from_micros(wait * 1_000 + 137)).await;
        let now = Instant::now();
        log.cap = caps[client];
        log.set_limits();
        let owner: Owner = owners[client].parse().unwrap();
        let pick = |at: usize| known.get(at % known.len().max(1)).copied();
        let told = |remaining: Option<u32>| LimitHeaders {
            per_second: Some(per_second),
            per_minute: Some(per_minute),
            remaining,
            reset: remaining.map(|left| seconds(u64::from(left))),
            retry_after: None,
        };
        let mut expected = None;
        // The one who took a slot tells of it.
        let (client, note) = match step {
            Step::Take => {
                log.end_leases(now);
                expected = Some(log.take(owner, now));
                (client, None)
            }
            Step::Sent(at)
            | Step::Abandoned(at)
            | Step::Unused(at)
            | Step::Over(at, _)
            | Step::Refused(at, ..) => {
                let Some((client, slot, oldest)) = pick(at) else {
                    continue;
                };
                log.cap = caps[client];
                log.set_limits();
                let owner: Owner = owners[client].parse().unwrap();
                let note = match step {
                    Step::Sent(_) => {
                        log.sent(slot, owner, now);
                        Note::Sent(slot)
                    }
                    Step::Abandoned(_) => {
                        log.abandoned(slot, now);
                        Note::Abandoned(slot)
                    }
                    Step::Unused(_) => {
                        log.give_back(slot);
                        Note::Unused(slot)
                    }
                    Step::Refused(_, wait, random) => {
                        let wait = wait.map(seconds);
                        log.refused_at_random(slot, wait, random, now);
                        Note::Refused { slot, wait, random }
                    }
                    Step::Over(_, remaining) => {
                        let limits = told(remaining.map(|left| left.min(per_minute)));
                        log.answered(slot, now);
                        log.share.taken();
                        log.learn(&limits, oldest, now);
                        Note::Over {
                            slot,
                            status: 200,
                            oldest,
                            per_second: limits.per_second,
                            per_minute: limits.per_minute,
                            remaining: limits.remaining,
                            reset: limits.reset,
                        }
                    }
                    Step::Take => continue,
                };
                (client, Some(note))
            }
        };
        let cap = |of: fn(&RateLimit) -> u32| caps[client].as_ref().map_or(0, of).to_string();
        let (second, minute) = (cap(|cap| cap.per_second), cap(|cap| cap.per_minute));
        let asked = if note.is_none() { asks[client] } else { 0 }.to_string();
        let reply = store.call(
            now - start,
            [owners[client], &second, &minute, "", "0", "0", &asked],
            note.as_slice(),
        );
        let mut heard = SendLog::new(caps[client]);
        form::read_state(&reply.form, now, &mut heard).unwrap();
        if let Some(expected) = expected {
            match (&reply.verdict, expected) {
                (Verdict::Slot(slot), Ok(expected)) => {
                    prop_assert_eq!(*slot, expected);
                    prop_assert_eq!(reply.oldest, log.oldest(expected));
                    prop_assert_eq!(reply.count, log.minute.slots.len());
                    asks[client] += 1;
                    known.push((client, *slot, reply.oldest));
                    let surplus = known.len().saturating_sub(20);
                    known.drain(..surplus);
                }
                (Verdict::Wait(wait), Err(expected)) => {
                    prop_assert!(
                        is_near(Some(now + *wait), Some(expected)),
                        "{:?} {:?}",
                        wait,
                        expected - now
                    );
                }
                (verdict, expected) => {
                    prop_assert!(false, "{:?} {:?}", verdict, expected.map_err(|at| at - now));
                }
            }
        }
        prop_assert_eq!(heard.next_slot, log.next_slot);
        prop_assert_eq!(heard.told, log.told);
        prop_assert_eq!(heard.foreign.0, log.foreign.0);
        prop_assert!(is_near(heard.foreign.1, log.foreign.1));
        prop_assert!(is_near(heard.held_until, log.held_until));
        prop_assert_eq!(heard.share.is_part(), log.share.is_part());
        prop_assert_eq!(
            heard.share.believes_what_is_told(),
            log.share.believes_what_is_told()
        );
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server"]
fn a_slot_whose_answer_was_lost_is_given_again() {
    let mut store = Store::start();
    let mut client = Client::new("11");
    let first = client.taken(&mut store, seconds(0));
    client.asks -= 1;
    assert_eq!(client.taken(&mut store, seconds(1)), first);
    assert_ne!(client.taken(&mut store, seconds(1)), first);
}

/// What was lost may count at the service: nobody may take the whole limit before that is over.
#[test]
#[ignore = "needs redis-server"]
fn a_store_that_lost_what_it_knew_gives_nothing_for_a_minute() {
    let mut store = Store::start();
    let mut one = Client::new("11");
    let slot = one.taken(&mut store, seconds(0));
    one.call(&mut store, seconds(0), false, &[Note::Sent(slot)]);
    store.flush();
    let Verdict::Unsure(wait) = one.take(&mut store, seconds(5)) else {
        panic!("it knows nothing of the first");
    };
    assert!(wait > MINUTE);
    // A newcomer, too.
    let mut other = Client::new("13");
    assert!(matches!(
        other.take(&mut store, seconds(6)),
        Verdict::Unsure(_)
    ));
    assert!(matches!(
        other.take(&mut store, seconds(68)),
        Verdict::Slot(_)
    ));
}

#[test]
#[ignore = "needs redis-server"]
fn a_replica_that_had_not_heard_of_all_is_found_out() {
    let mut store = Store::start();
    let mut one = Client::new("11");
    one.taken(&mut store, seconds(0));
    // By the numbers, as another client tells them.
    one.next += 3;
    assert!(matches!(
        one.take(&mut store, seconds(1)),
        Verdict::Unsure(_)
    ));
    // By a slot of its own that is missing.
    store.flush();
    let mut two = Client::new("13");
    let slot = two.taken(&mut store, seconds(0));
    two.call(&mut store, seconds(0), false, &[Note::Sent(slot)]);
    let free = Some(seconds(50));
    let kept = |slot| Note::Kept {
        slot,
        second: Some(Duration::ZERO),
        minute: free,
    };
    two.call(&mut store, seconds(1), false, &[Note::Anew, kept(slot)]);
    assert!(matches!(two.take(&mut store, seconds(1)), Verdict::Slot(_)));
    two.call(&mut store, seconds(1), false, &[Note::Anew, kept(7)]);
    assert!(matches!(
        two.take(&mut store, seconds(2)),
        Verdict::Unsure(_)
    ));
}

#[test]
#[ignore = "needs redis-server"]
fn who_comes_back_brings_what_it_sent_and_waits_for_the_others() {
    let mut store = Store::start();
    let mut one = Client::new("11");
    let before = one.taken(&mut store, seconds(0));
    let unused = one.taken(&mut store, seconds(0));
    one.among = 2;
    let alone = |slot| Note::Kept {
        slot,
        second: Some(Duration::ZERO),
        minute: Some(seconds(50)),
    };
    // The first went out before the store was away, and could not be told of.
    let notes = [Note::Anew, alone(before), alone(ALONE), alone(ALONE + 1)];
    let reply = one.call(&mut store, seconds(10), true, &notes);
    assert!(
        matches!(reply.verdict, Verdict::Unsure(wait) if wait <= seconds(6)),
        "{reply:?}"
    );
    assert_eq!((reply.count, reply.part.clients), (3, 2));
    one.among = 0;
    let mut taken = vec![unused];
    for _ in 0..30 {
        if let Verdict::Slot(slot) = one.take(&mut store, seconds(17)) {
            taken.push(slot);
        }
    }
    // Ten in the second, less the one that is left free in every other second.
    assert!((9..=11).contains(&taken.len()), "{taken:?}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_part_that_was_evicted_and_another_clock_are_found_out() {
    let mut store = Store::start();
    let mut one = Client::new("11");
    one.taken(&mut store, seconds(100));
    ::redis::cmd("DEL")
        .arg("{0}:minute")
        .exec(&mut store.connection)
        .unwrap();
    assert!(matches!(
        one.take(&mut store, seconds(101)),
        Verdict::Unsure(_)
    ));
    store.flush();
    let mut two = Client::new("13");
    two.taken(&mut store, seconds(100));
    // Set back by less than a second, it stands still.
    assert!(matches!(
        two.take(&mut store, Duration::from_millis(99_500)),
        Verdict::Slot(_)
    ));
    assert!(matches!(
        two.take(&mut store, seconds(40)),
        Verdict::Unsure(_)
    ));
}

#[test]
#[ignore = "needs redis-server"]
fn clients_are_counted_for_a_minute() {
    let mut store = Store::start();
    let [mut one, mut two] = [Client::new("11"), Client::new("13")];
    assert_eq!(one.call(&mut store, seconds(0), true, &[]).part.clients, 1);
    assert_eq!(two.call(&mut store, seconds(30), true, &[]).part.clients, 2);
    assert_eq!(two.call(&mut store, seconds(59), true, &[]).part.clients, 2);
    assert_eq!(two.call(&mut store, seconds(61), true, &[]).part.clients, 1);
}

/// By their names, whoever asked last: each has turns of its own when the store is away.
#[test]
#[ignore = "needs redis-server"]
fn clients_have_different_ranks() {
    let mut store = Store::start();
    let mut clients = ["17", "11", "13"].map(Client::new);
    for client in &mut clients {
        client.call(&mut store, seconds(0), true, &[]);
    }
    for at in 1..4 {
        let ranks = clients.each_mut().map(|client| {
            let reply = client.call(&mut store, seconds(at), false, &[]);
            (reply.part.clients, reply.part.rank, reply.now)
        });
        let now = 1_000_000_000 + at * 1_000_000;
        assert_eq!(ranks, [(3, 2, now), (3, 0, now), (3, 1, now)]);
    }
}

#[test]
fn what_a_store_says_is_told_but_for_what_it_repeats() {
    let identity = crate::http::pace::Identity::new("http://127.0.0.1:9", b"a key");
    let url = url::Url::parse("redis://anna:s3cret@host/7").unwrap();
    let address = Address::new(&url, identity).unwrap();
    let says = |line: &str| {
        let answer = ::redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        Unavailable::new_of(&answer.extract_error().unwrap_err(), &address).0
    };
    for (line, told) in [
        ("ERR DB index is out of range", "has no database 7"),
        (
            "NOPERM this user has no permissions to run the 'select' command",
            "NOPERM this user has no permissions to run the 'select' command",
        ),
        (
            "ERR unknown command 'EVALSHA', with args beginning with: '0f' '7'",
            "(ERR unknown command 'EVALSHA')",
        ),
        ("WRONGPASS invalid username-password pair", "refuses"),
        (
            "ERR wrong password 's3cret'",
            "repeats the user name or password",
        ),
        (
            "NOPERM User anna has no permissions",
            "repeats the user name or password",
        ),
    ] {
        let why = says(line);
        assert!(why.contains(told), "{why}");
        assert!(!why.contains("s3cret") && !why.contains("anna"), "{why}");
    }
}

#[test]
fn an_address_is_checked_and_shown_without_its_password() {
    let identity = crate::http::pace::Identity::new("http://127.0.0.1:9", b"a key");
    let read = |text: &str| Address::new(&url::Url::parse(text).unwrap(), identity);
    let address = read("rediss://user:p%40ss@example.com:7000/3?name=acme").unwrap();
    assert!(address.has_tls());
    assert_eq!(
        address.password.as_deref().map(String::as_str),
        Some("p@ss")
    );
    assert_eq!(
        (address.user.as_deref(), address.database),
        (Some("user"), 3)
    );
    assert_eq!(address.key, "graph8-crm:rate-limit:{acme}");
    for (name, key) in [("%7D,x", "{%7D,x}"), ("a%7Bb%25", "{a%7Bb%25}")] {
        let named = read(&format!("redis://host?name={name}")).unwrap();
        assert_eq!(named.key, format!("graph8-crm:rate-limit:{key}"));
    }
    for shown in [address.to_string(), format!("{address:?}")] {
        assert!(shown.contains("rediss://example.com:7000"), "{shown}");
        assert!(
            !shown.contains("p@ss") && !shown.contains("p%40ss") && !shown.contains("user"),
            "{shown}"
        );
    }
    assert_eq!(
        read("redis://[::1]").unwrap().to_string(),
        "redis://[::1]:6379"
    );
    for wrong in [
        "redis://",
        "redis://host/one",
        "redis://host?name=",
        "redis://host?name=a&name=b",
        "redis://host?timeout=1",
        "redis://host#1",
        "redis://:%ff@host",
    ] {
        let message = read(wrong).unwrap_err().to_string();
        assert!(
            message.contains("redis://user:password@host:6379/0?name=acme"),
            "{wrong}: {message}"
        );
    }
}

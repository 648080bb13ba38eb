//! Several clients that share nothing but the limit of one account.

use std::collections::HashMap;

use super::*;
use crate::pace::number;

const MINUTE: Duration = Duration::from_secs(60);
const PER_MINUTE: usize = 200;
/// Records of each client, numbered from this many times its place on.
const FAR: u64 = 1_000_000;

/// How answers tell of the limit.
#[derive(Clone, Copy, Debug)]
enum Telling {
    /// By `Retry-After` of a 429 only.
    Waits,
    /// By the limits only.
    Limits,
}

fn strict(windows: Windows, telling: Telling, seed: u64) -> Arc<Service> {
    Service::new(Behaviour {
        seed,
        limit: Some((windows, 10, PER_MINUTE)),
        tells_limits: !matches!(telling, Telling::Waits),
        asks_to_wait: !matches!(telling, Telling::Limits),
        ..Behaviour::default()
    })
}

/// Pushes `records` with each of `clients`, one request a record.
async fn push_all(
    service: &Arc<Service>,
    clients: usize,
    records: u64,
    deadline: Option<Duration>,
) -> Vec<crate::error::Result<PushReport>> {
    let pushes: Vec<_> = (0..clients as u64)
        .map(|place| {
            let client = client(service, Pace::Learned);
            tokio::spawn(async move {
                let options = PushOptions {
                    batch_size: BatchSize::Fixed(1),
                    deadline,
                    ..PushOptions::default()
                };
                let records = (0..records).map(|number| record(place * FAR + number, true));
                client
                    .push_contacts(Provider::Hubspot, records, options)
                    .await
            })
        })
        .collect();
    let mut ended = Vec::new();
    for push in pushes {
        ended.push(push.await.unwrap());
    }
    ended
}

/// Three minutes after one of settling: what each client got of its fair share, what all used of the
/// limit, and how many of the requests were refused.
#[derive(Debug)]
struct Figures {
    least: f64,
    used: f64,
    refused: f64,
}

fn measure(windows: Windows, telling: Telling, clients: usize, seed: u64) -> Figures {
    let service = strict(windows, telling, seed);
    paused(async {
        fastrand::seed(seed);
        // Settled for a minute, then whole minutes of the service.
        let age = Duration::from_secs(seed * 13 % 60);
        service::minute_is_old(age);
        let settling = match windows {
            Windows::Sliding => MINUTE,
            Windows::Fixed => (2 * MINUTE).checked_sub(age).unwrap(),
        };
        let started = Instant::now() + settling;
        let settled = {
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                tokio::time::sleep_until(started).await;
                service.created_by(FAR)
            })
        };
        push_all(&service, clients, 1_000, Some(settling + 3 * MINUTE)).await;
        let before = settled.await.unwrap();
        let after = service.created_by(FAR);
        let of = |counts: &HashMap<u64, usize>, place: usize| {
            counts.get(&(place as u64)).copied().unwrap_or_default()
        };
        let fair = 3.0 * number(PER_MINUTE) / number(clients);
        let least = (0..clients)
            .map(|place| number(of(&after, place) - of(&before, place)) / fair)
            .fold(f64::MAX, f64::min);
        let state = service.state.lock().unwrap();
        let late = |times: &[Instant]| {
            let counted = times
                .iter()
                .filter(|time| **time >= started && **time < started + 3 * MINUTE);
            number(counted.count())
        };
        let (taken, refused) = (late(&state.arrivals), late(&state.refusals));
        Figures {
            least,
            used: taken / number(3 * PER_MINUTE),
            refused: refused / (taken + refused),
        }
    })
}

#[test]
fn clients_that_share_nothing_find_their_shares() {
    const SEEDS: u64 = 3;
    for clients in [3, 8, 10] {
        for windows in [Windows::Sliding, Windows::Fixed] {
            for telling in [Telling::Waits, Telling::Limits] {
                let runs: Vec<Figures> = (0..SEEDS)
                    .map(|seed| measure(windows, telling, clients, seed))
                    .collect();
                let mean =
                    |of: fn(&Figures) -> f64| runs.iter().map(of).sum::<f64>() / number(runs.len());
                let (least, used) = (mean(|run| run.least), mean(|run| run.used));
                let refused = mean(|run| run.refused);
                assert!(
                    least >= 0.5 && used >= 0.95 && refused <= 0.05,
                    "{clients} {windows:?} {telling:?}: {runs:?}"
                );
                // Chance may keep one client of one run below half.
                assert!(runs.iter().all(|run| run.least >= 0.25), "{runs:?}");
            }
        }
    }
}

/// Every push ends with all records there, however many are refused on the way.
#[test]
fn each_of_ten_clients_pushes_all_it_has() {
    for telling in [Telling::Waits, Telling::Limits] {
        let service = strict(Windows::Sliding, telling, 5);
        paused(async {
            fastrand::seed(5);
            for ended in push_all(&service, 10, 60, None).await {
                assert_eq!(ended.unwrap().pushed(), 60, "{telling:?}");
            }
            assert!(service.created_by(FAR).values().all(|count| *count == 60));
        });
    }
}

/// A success proves that something is left, whatever its headers say.
#[test]
fn nonsense_in_limit_headers_does_not_slow_a_push() {
    const SECOND: &str = "x-ratelimit-limit-second";
    const MINUTE: &str = "x-ratelimit-limit-minute";
    const LEFT: &str = "x-ratelimit-remaining";
    const RESET: &str = "x-ratelimit-reset";
    let cases: [&'static [(&str, &str)]; 7] = [
        &[(SECOND, "0"), (MINUTE, "0"), (LEFT, "0")],
        &[(MINUTE, "200"), (LEFT, "0")],
        &[(MINUTE, "200"), (LEFT, "0"), (RESET, "4102444800000")],
        &[(MINUTE, "200"), (LEFT, "0"), (RESET, "1")],
        &[(SECOND, "-1"), (MINUTE, "0.5"), (LEFT, "-3")],
        &[(MINUTE, "200"), (LEFT, "1000")],
        &[(MINUTE, "0"), (LEFT, "7")],
    ];
    for headers in cases {
        let service = Service::new(Behaviour {
            headers,
            ..Behaviour::default()
        });
        paused(async {
            let started = Instant::now();
            let ended = push_all(&service, 1, 180, None).await;
            assert_eq!(ended[0].as_ref().unwrap().pushed(), 180);
            let took = started.elapsed();
            assert!(took < Duration::from_secs(25), "{headers:?}: {took:?}");
        });
    }
}

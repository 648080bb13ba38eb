//! Several clients that share nothing but the limit of one account.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const PER_MINUTE: usize = 200;
/// Records of each client, numbered from this many times its place on.
const FAR: u64 = 1_000_000;

/// How answers tell of the limit.
#[derive(Clone, Copy, Debug)]
enum Telling {
    /// By `Retry-After` of a 429 only.
    Waits,
    /// By the limits as well.
    Both,
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
struct Figures {
    least: f64,
    used: f64,
    refused: f64,
}

fn measure(windows: Windows, telling: Telling, clients: usize, seed: u64) -> Figures {
    let service = strict(windows, telling, seed);
    paused(async {
        fastrand::seed(seed);
        let started = Instant::now();
        let settled = {
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                sleep(MINUTE).await;
                service.created_by(FAR)
            })
        };
        push_all(&service, clients, 1_000, Some(4 * MINUTE)).await;
        let before = settled.await.unwrap();
        let after = service.created_by(FAR);
        let of = |counts: &std::collections::HashMap<u64, usize>, place: usize| {
            counts.get(&(place as u64)).copied().unwrap_or_default()
        };
        let fair = 3.0 * PER_MINUTE as f64 / clients as f64;
        let least = (0..clients)
            .map(|place| (of(&after, place) - of(&before, place)) as f64 / fair)
            .fold(f64::MAX, f64::min);
        let state = service.state.lock().unwrap();
        let late = |times: &[Instant]| {
            let counted = times
                .iter()
                .filter(|time| **time >= started + MINUTE && **time < started + 4 * MINUTE);
            counted.count() as f64
        };
        let (taken, refused) = (late(&state.arrivals), late(&state.refusals));
        Figures {
            least,
            used: taken / (3 * PER_MINUTE) as f64,
            refused: refused / (taken + refused),
        }
    })
}

#[test]
fn clients_that_share_nothing_find_their_shares() {
    let seeds = 1;
    for clients in [3, 8, 10] {
        for windows in [Windows::Sliding, Windows::Fixed] {
            for telling in [Telling::Waits, Telling::Both, Telling::Limits] {
                for seed in 0..seeds {
                    let f = measure(windows, telling, clients, seed);
                    eprintln!(
                        "{clients:2} {windows:?} {telling:?} {seed}: least {:.2} used {:.3} refused {:.3}",
                        f.least, f.used, f.refused
                    );
                }
            }
        }
    }
}

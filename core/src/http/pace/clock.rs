//! The clock that all processes of a host share.

use tokio::time::Instant;

use super::form::Moment;

/// Readings between which this process may have lost the processor are taken again, so often at most.
const READINGS: usize = 8;
const NEAR: std::time::Duration = std::time::Duration::from_micros(20);

#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    System,
    /// Counts from here on a runtime's paused clock.
    #[cfg(test)]
    Simulated(Instant),
}

impl Clock {
    /// The moment now.
    pub(super) fn moment(self) -> Moment {
        match self {
            Self::System => system_moment(),
            #[cfg(test)]
            Self::Simulated(start) => {
                let own = Instant::now();
                let shared = i64::try_from((own - start).as_nanos()).unwrap_or(i64::MAX);
                Moment { own, shared }
            }
        }
    }
}

fn system_moment() -> Moment {
    let reading = || {
        let before = Instant::now();
        let shared = nanoseconds();
        let own = Instant::now();
        (own - before, Moment { own, shared })
    };
    let mut best = reading();
    for _ in 1..READINGS {
        if best.0 <= NEAR {
            break;
        }
        let next = reading();
        if next.0 < best.0 {
            best = next;
        }
    }
    best.1
}

/// Of a clock that nobody sets.
#[cfg(unix)]
fn nanoseconds() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(now.tv_nsec)
}

#[cfg(not(unix))]
fn nanoseconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

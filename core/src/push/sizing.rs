//! How many records a request takes: steered by how long requests take, and by what is refused as too
//! large.

use std::time::Duration;

/// Records per request where nothing else is asked for; graph8's neighbouring batch endpoints cap here.
pub const DEFAULT_BATCH_SIZE: usize = 100;
/// A slow CRM's time for one record, in seconds: what a first request is sized by.
const SLOW_RECORD_SECONDS: f64 = 0.5;
/// A first request is not smaller than this: one answer tells more than any guess.
const SMALLEST_START: usize = 10;
/// Weight of the newest request in the mean time of a record.
const NEWEST_WEIGHT: f64 = 0.3;

/// Records per request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchSize {
    /// Up to [`DEFAULT_BATCH_SIZE`], fewer where the service needs more than about a third of the
    /// read time-out for them.
    #[default]
    Auto,
    /// Exactly so many, as long as they fit into the bytes of a request.
    Fixed(usize),
}

impl From<usize> for BatchSize {
    fn from(records: usize) -> Self {
        Self::Fixed(records)
    }
}

/// The current bounds of a batch.
pub(crate) struct Sizing {
    records: usize,
    bytes: usize,
    steering: Option<Steering>,
}

struct Steering {
    /// What a request should take, in seconds.
    target: f64,
    seconds_per_record: Option<f64>,
}

impl Sizing {
    /// `limit` is the time after which a request is given up.
    pub(crate) fn new(size: BatchSize, bytes: usize, limit: Duration) -> Self {
        let seconds = limit.as_secs_f64();
        match size {
            BatchSize::Fixed(records) => Self {
                records,
                bytes,
                steering: None,
            },
            BatchSize::Auto => Self {
                records: whole(seconds * 2.0 / 3.0 / SLOW_RECORD_SECONDS).max(SMALLEST_START),
                bytes,
                steering: Some(Steering {
                    target: seconds / 3.0,
                    seconds_per_record: None,
                }),
            },
        }
    }

    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// How its bound will change while answers take as long as so far.
    pub(crate) fn growth(&self) -> Growth {
        let mean = self.steering.as_ref().and_then(|steering| {
            Some(whole(
                steering.target / steering.seconds_per_record?.max(1e-9),
            ))
        });
        Growth {
            records: self.records,
            ideal: mean.unwrap_or(self.records),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A request of so many records was answered after `elapsed`.
    pub(crate) fn answered(&mut self, records: usize, elapsed: Duration) {
        let Some(steering) = &mut self.steering else {
            return;
        };
        let records = u32::try_from(records).unwrap_or(u32::MAX).max(1);
        let newest = elapsed.as_secs_f64() / f64::from(records);
        let mean = steering
            .seconds_per_record
            .map_or(newest, |mean| mean + NEWEST_WEIGHT * (newest - mean));
        steering.seconds_per_record = Some(mean);
        // Judged by the slower of both, so that a CRM that slows down is noticed at once.
        let ideal = whole(steering.target / mean.max(newest).max(1e-9));
        self.records = next_size(self.records, ideal);
    }

    /// A request of so many records ran out of time.
    pub(crate) fn timed_out(&mut self, records: usize) {
        if self.steering.is_some() {
            self.records = self.records.min(records / 4).max(1);
        }
    }

    /// A request of several records and so many bytes was refused as too large.
    pub(crate) fn too_large(&mut self, bytes: usize) {
        self.bytes = self.bytes.min(bytes / 2).max(1);
    }
}

/// Records per request, as they will be.
#[derive(Clone, Copy)]
pub(crate) struct Growth {
    records: usize,
    ideal: usize,
}

impl Growth {
    pub(crate) fn records(self) -> usize {
        self.records
    }

    pub(crate) fn is_over(self) -> bool {
        self.records == self.ideal
    }

    /// A request was answered.
    pub(crate) fn answered(&mut self) {
        self.records = next_size(self.records, self.ideal);
    }
}

/// Falls at once and grows slowly.
fn next_size(records: usize, ideal: usize) -> usize {
    if ideal < records {
        ideal
    } else {
        ideal.min(records + (records / 8).max(1))
    }
}

/// Whole records within the default's bounds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before"
)]
fn whole(records: f64) -> usize {
    records.clamp(1.0, 100.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn auto(limit: f64) -> Sizing {
        Sizing::new(BatchSize::Auto, 1 << 20, seconds(limit))
    }

    #[test]
    fn a_first_batch_of_a_slow_crm_fits_into_the_time_out() {
        assert_eq!(auto(120.0).records(), 100);
        assert_eq!(auto(30.0).records(), 40);
        assert_eq!(auto(1.0).records(), 10);
    }

    #[test]
    fn the_size_settles_where_a_request_takes_a_third_of_the_time_out() {
        let mut sizing = auto(30.0);
        for _ in 0..50 {
            let records = sizing.records();
            sizing.answered(records, seconds(0.25) * u32::try_from(records).unwrap());
        }
        assert_eq!(sizing.records(), 40);
    }

    #[test]
    fn shrinks_at_once_and_grows_slowly() {
        let mut sizing = auto(120.0);
        sizing.timed_out(100);
        assert_eq!(sizing.records(), 25);
        sizing.answered(25, seconds(1.0));
        assert_eq!(sizing.records(), 28);
        sizing.answered(28, seconds(80.0));
        assert_eq!(sizing.records(), 14);
    }

    #[test]
    fn a_fixed_size_is_never_steered_but_its_bytes_are() {
        let mut sizing = Sizing::new(BatchSize::Fixed(7), 1_000, seconds(1.0));
        sizing.timed_out(7);
        sizing.answered(7, seconds(100.0));
        sizing.too_large(600);
        assert_eq!((sizing.records(), sizing.bytes()), (7, 300));
    }
}

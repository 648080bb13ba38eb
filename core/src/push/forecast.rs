//! How long the rest of a push takes: its course is gone through in thought, by the limits as they are known
//! and by how long answers took so far.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::sizing::Growth;
use crate::http::outlook::Outlook;

/// Weight of the newest answer in the mean time of a record, once there were some.
const NEWEST_WEIGHT: f64 = 0.1;
/// Steps after which the course of a push that nothing paces is taken to repeat itself.
const UNPACED_CYCLE: usize = 256;
/// No cycle is gone through in more steps: a forecast must cost nothing.
const LONGEST_CYCLE: usize = 5_000;

/// What the answers of a push tell of those to come.
#[derive(Clone, Copy, Default)]
pub(crate) struct AnswerTimes {
    /// Batches that are over, and their records.
    pub(crate) batches: usize,
    pub(crate) records: usize,
    /// Of the answered ones.
    seconds_per_record: Option<f64>,
}

impl AnswerTimes {
    /// A batch of so many records is over.
    pub(crate) fn over(&mut self, records: usize) {
        self.batches += 1;
        self.records += records;
    }

    /// It was answered after `elapsed`.
    pub(crate) fn answered(&mut self, records: usize, elapsed: Duration) {
        let newest = elapsed.as_secs_f64() / real(records.max(1));
        let weight = self.weight();
        mix(&mut self.seconds_per_record, newest, weight);
    }

    fn weight(&self) -> f64 {
        (1.0 / real(self.batches.max(1))).max(NEWEST_WEIGHT)
    }

    fn time_of(&self, records: usize) -> Duration {
        let seconds = self.seconds_per_record.unwrap_or_default() * real(records);
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

/// How full batches are: where records are large, their bytes bound a batch before their number does.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fill(Option<f64>);

impl Fill {
    /// A batch has so many records, where `most` were allowed.
    pub(crate) fn note(&mut self, records: usize, most: usize) {
        let share = real(records) / real(most.max(1));
        mix(&mut self.0, share, NEWEST_WEIGHT);
    }

    /// Records of a batch, where `most` are allowed.
    fn of(self, most: usize) -> usize {
        whole(real(most) * self.0.unwrap_or(1.0))
    }
}

fn mix(mean: &mut Option<f64>, newest: f64, weight: f64) {
    let before = mean.unwrap_or(newest);
    *mean = Some(before + weight * (newest - before));
}

/// A batch under way.
#[derive(Clone, Copy)]
pub(crate) struct UnderWay {
    pub(crate) records: usize,
    pub(crate) stage: Stage,
}

#[derive(Clone, Copy)]
pub(crate) enum Stage {
    /// Its request has not left, and does not before.
    Waiting(Duration),
    /// Its request left so long ago.
    Asking(Duration),
}

/// What is left of a push.
#[derive(Clone)]
pub(crate) struct Rest {
    pub(crate) under_way: Vec<UnderWay>,
    /// Batches under way at most.
    pub(crate) most: usize,
    /// Records that are still to leave.
    pub(crate) records: usize,
    pub(crate) growth: Growth,
    pub(crate) fill: Fill,
    pub(crate) answers: AnswerTimes,
    /// Requests per batch, repeats and look-ups included.
    pub(crate) requests_per_batch: f64,
    /// Nothing leaves before.
    pub(crate) paused: Duration,
    /// `None` where nothing paces.
    pub(crate) outlook: Option<Outlook>,
}

/// How long the rest takes.
pub(crate) fn forecast(mut rest: Rest) -> Duration {
    if let Some(outlook) = &mut rest.outlook {
        outlook.hold(rest.paused);
    }
    // When each carrier is free for its next batch, and whether an answer frees it.
    let mut carriers = BinaryHeap::new();
    let mut requests = Requests::new(rest.outlook.take(), rest.requests_per_batch);
    for batch in &rest.under_way {
        let takes = rest.answers.time_of(batch.records);
        let free_at = match batch.stage {
            Stage::Asking(since) => takes.saturating_sub(since),
            Stage::Waiting(until) => requests.leave(until) + takes,
        };
        carriers.push(Reverse((free_at, true)));
    }
    for _ in rest.under_way.len()..rest.most {
        carriers.push(Reverse((rest.paused, false)));
    }
    let mut cycle = Cycle::new(requests.cycle());
    let mut end = Duration::ZERO;
    let mut skipped = Duration::ZERO;
    while let Some(Reverse((free_at, is_answer))) = carriers.pop() {
        end = end.max(free_at);
        if is_answer {
            rest.growth.answered();
        }
        if rest.records == 0 || carriers.len() >= rest.most {
            continue;
        }
        let batch = rest.fill.of(rest.growth.records()).clamp(1, rest.records);
        rest.records -= batch;
        let at = requests.leave(free_at);
        carriers.push(Reverse((at + rest.answers.time_of(batch), true)));
        if rest.growth.is_over()
            && let Some(length) = cycle.step(at)
        {
            let cycles = rest.records / (batch * cycle.steps).max(1);
            rest.records -= cycles * batch * cycle.steps;
            skipped += length.saturating_mul(u32::try_from(cycles).unwrap_or(u32::MAX));
        }
    }
    skipped + end
}

/// Requests as they leave.
struct Requests {
    outlook: Option<Outlook>,
    per_batch: f64,
    /// Parts of requests beside the batches' own.
    beside: f64,
}

impl Requests {
    fn new(outlook: Option<Outlook>, per_batch: f64) -> Self {
        Self {
            outlook,
            per_batch: per_batch.clamp(1.0, 100.0),
            beside: 0.0,
        }
    }

    fn cycle(&self) -> usize {
        self.outlook.as_ref().map_or(UNPACED_CYCLE, Outlook::cycle)
    }

    /// When a batch's request leaves that may from `from` on.
    fn leave(&mut self, from: Duration) -> Duration {
        let Some(outlook) = &mut self.outlook else {
            return from;
        };
        self.beside += self.per_batch - 1.0;
        while self.beside >= 1.0 {
            self.beside -= 1.0;
            outlook.leave(from);
        }
        outlook.leave(from)
    }
}

/// Finds how long a cycle takes, from its second one.
struct Cycle {
    steps: usize,
    made: usize,
    began: Duration,
}

impl Cycle {
    fn new(steps: usize) -> Self {
        Self {
            steps: steps.clamp(1, LONGEST_CYCLE),
            made: 0,
            began: Duration::ZERO,
        }
    }

    /// A request leaves; gives the length of a cycle once, when that is known.
    fn step(&mut self, at: Duration) -> Option<Duration> {
        self.made += 1;
        if self.made == self.steps {
            self.began = at;
        }
        (self.made == 2 * self.steps).then(|| at.saturating_sub(self.began))
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn real(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is not negative"
)]
fn whole(number: f64) -> usize {
    number.round() as usize
}

//! Changed records that are to be created once more: they wait until it is seen how many have changed.
//!
//! A source whose values have another form today, such as dates in another spelling, makes a whole table seem changed.
//! So none of them leaves before the source was read to its end, or too many wait.

use super::State;
use crate::error::Error;
use crate::records::Run;

/// So many are a matter of course, whatever their share: they are found and deleted by hand if they were none.
const FEW: usize = 20;
/// Records and bytes that wait at most.
#[cfg(not(test))]
const MOST_HELD: (usize, usize) = (100_000, 64 * 1024 * 1024);
/// Simulated pushes have few records.
#[cfg(test)]
const MOST_HELD: (usize, usize) = (30, 64 * 1024 * 1024);

#[derive(Default)]
pub(super) struct HeldChanges {
    /// With whether they are nameable.
    held: Vec<(Run, bool)>,
    bytes: usize,
    /// Records met whose keys earlier runs have pushed.
    met: usize,
    changed: usize,
}

impl HeldChanges {
    /// Records that earlier runs have pushed and that need not be sent again.
    pub(super) fn note_met(&mut self, records: usize) {
        self.met += records;
    }

    fn add(&mut self, run: Run, is_nameable: bool) {
        self.met += run.len();
        self.changed += run.len();
        self.bytes += run.byte_len();
        self.held.push((run, is_nameable));
    }

    fn is_full(&self) -> bool {
        let (records, bytes) = MOST_HELD;
        self.held.len() >= records || self.bytes >= bytes
    }

    /// Why they may not leave: most of what was pushed has changed.
    fn doubtful(&self) -> Option<Error> {
        let is_so = self.changed >= FEW && 2 * self.changed >= self.met;
        is_so.then(|| {
            Error::config(format!(
                "{} of the {} records met so far whose keys this journal has pushed have changed since, and \
                 on_change = push would create each of them once more: that is more likely another form of the \
                 values, such as dates in another spelling, than so many changes. Those that waited were not sent; \
                 compare the changed records of the report with what the CRM has. Where they have changed indeed, \
                 on_change = push_all creates them",
                self.changed, self.met
            ))
        })
    }

    fn take(&mut self) -> Vec<(Run, bool)> {
        self.bytes = 0;
        std::mem::take(&mut self.held)
    }
}

impl State {
    /// Records that are to be created once more, each the first of its identity.
    pub(super) fn hold_changed(&mut self, run: Run, is_nameable: bool) {
        self.keep_firsts(run, is_nameable, false, |state, run, is_nameable| {
            let Some(keyed) = &mut state.keyed else {
                return;
            };
            for record in run.each_alone() {
                keyed.held.add(record, is_nameable);
            }
            if keyed.held.is_full() {
                state.release_changed();
            }
        });
    }

    /// Lets changed records go, unless there are too many of them.
    pub(super) fn release_changed(&mut self) {
        let Some(keyed) = &mut self.keyed else {
            return;
        };
        if let Some(error) = keyed.held.doubtful() {
            self.end(error, true);
        }
        self.abandon_or_send_changed();
    }

    /// After the end of a push they do not leave.
    pub(super) fn abandon_or_send_changed(&mut self) {
        let held = self.keyed.as_mut().map(|keyed| keyed.held.take());
        for (run, is_nameable) in held.into_iter().flatten() {
            self.take_in_new(run, is_nameable);
        }
    }
}

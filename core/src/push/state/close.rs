//! The end of a push: what never left, and the report.

use std::time::Duration;

use super::State;
use super::keyed::Keyed;
use super::look_ups::LookUps;
use super::take_in::in_doubt;
use crate::error::{Error, Result};
use crate::files::journal::unanswered;
use crate::names::PushKind;
use crate::records::Run;
use crate::report::{AddedToList, Circumstances, Noted, Outcome, PushReport};

impl State {
    /// Makes the report; a second one is empty.
    pub(crate) fn close(
        &mut self,
        elapsed: Duration,
        mut noted: Noted,
        added_to_list: Option<AddedToList>,
    ) -> Result<PushReport> {
        self.abandon_what_waits();
        let without_a_look = self.look_ups.as_ref().and_then(LookUps::warning);
        noted.warnings.extend(without_a_look);
        self.results.correct_all_dead_letters();
        // Batches in doubt at the very end leave nothing that could have gone on.
        let all_were_tried = self.count(Outcome::NotSent) == 0 && !self.input.is_left;
        let ended = self.stop.take(all_were_tried);
        let is_finished = ended.is_none() && all_were_tried && !self.is_closed;
        if is_finished && self.results.has_journal() {
            self.results.write_finished();
        }
        self.is_closed = true;
        let pushed_before = self.resume.settled(Outcome::Pushed);
        let changes = self.keyed.as_mut().map(Keyed::close).unwrap_or_default();
        self.resume.close();
        let traffic = self.results.traffic();
        let list_members = self.results.members();
        let (ledger, unsent, unread) = self.results.close();
        let ended_early = ended
            .as_ref()
            .map(|end| end.error.message().to_owned())
            .or_else(|| self.input.failure.take())
            .or_else(|| {
                let what = match self.target.kind {
                    PushKind::Lists => "change",
                    PushKind::Contacts | PushKind::Companies => "record",
                };
                self.failed_looks.message(what)
            });
        let report = PushReport::new(
            ledger,
            Circumstances {
                provider: self.target.provider,
                kind: self.target.kind,
                unread,
                requests: traffic.requests,
                bytes_sent: traffic.bytes_sent,
                bytes_received: traffic.bytes_received,
                elapsed,
                unsent,
                ended_early,
                list_members,
                added_to_list,
                noted,
                pushed_before,
                changes,
            },
        );
        let Some(end) = ended else {
            return Ok(report);
        };
        let error = self.crm_pause.explain(end.error);
        let how_far = if end.source_differs {
            "did not begin".to_owned()
        } else {
            let tried = report.records() - report.not_sent();
            format!("ended after {tried} of {} records", report.records())
        };
        let call = format!(
            "push of {} to {} {how_far}",
            self.target.kind, self.target.provider
        );
        Err(error.in_context(&call).with_report(report))
    }

    /// Closes the state of a check, which has no records; gives what ended it early, if anything did.
    pub(crate) fn close_check(&mut self) -> Option<Error> {
        self.is_closed = true;
        self.stop.take(false).map(|end| end.error)
    }

    /// Nothing of what waits leaves any more.
    pub(crate) fn abandon_what_waits(&mut self) {
        // Held still: the source was not read through all that the journal knows.
        self.release_held();
        self.abandon_or_send_changed();
        for run in self.outbox.take_again() {
            self.leave_in_doubt(&run);
        }
        if let Some(look_ups) = &mut self.look_ups {
            for run in look_ups.take_all() {
                self.results.keep_unsent(run.records());
            }
        }
        let (runs, batches) = self.outbox.take_waiting();
        for run in runs {
            self.results.keep_unsent(run.records());
        }
        for (batch, runs) in self.resume.take_collected() {
            self.abandon_open(batch, runs.iter().flat_map(Run::records));
        }
        for batch in batches {
            if batch.was_open {
                self.abandon_open(batch.id, batch.records());
            } else {
                self.results.keep_unsent(batch.records());
            }
        }
    }

    /// The journal keeps the batch open, so the next run will decide.
    fn abandon_open<'a>(&mut self, batch: u64, records: impl Iterator<Item = (usize, &'a [u8])>) {
        let error = unanswered();
        for (index, json) in records {
            self.results.note_doubt(index, batch);
            self.results
                .settle_alone(in_doubt(index, Some(json), &error));
        }
    }
}

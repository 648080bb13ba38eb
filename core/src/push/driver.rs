//! The task that carries a push's batches, several at a time.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Shared;
use super::books::Entry;
use crate::accounts::Claim;
use crate::answer;
use crate::batch::Batch;
use crate::client::{Policy, Trace};
use crate::durable::Safety;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::identifying_paths;
use crate::journal::{Intent, Journal};
use crate::provider::PushKind;
use crate::transport::{Answer, Post, Request};

/// Starts the driver on the current runtime; what it returns turns true when the push is drained.
pub(super) fn start(shared: Arc<Shared>) -> watch::Receiver<bool> {
    let (done, is_done) = watch::channel(false);
    tokio::spawn(async move {
        drive(&shared).await;
        // Nobody may wait for it.
        let _ = done.send(true);
    });
    is_done
}

async fn drive(shared: &Arc<Shared>) {
    let mut carriers = JoinSet::new();
    let policy = shared.policy(None);
    let mut is_on = true;
    loop {
        let work = shared.work.notified();
        while let Some(batch) = shared.next_batch() {
            carriers.spawn(carry_on(Arc::clone(shared), batch));
        }
        if carriers.is_empty() && shared.books().wants_no_carrier() {
            break;
        }
        tokio::select! {
            Some(carrier) = carriers.join_next() => if carrier.is_err() {
                shared.end(lost());
            },
            error = policy.interrupted(), if is_on => {
                is_on = false;
                let always = error.kind() == ErrorKind::Cancelled;
                shared.books().end(error, always);
                shared.after_change();
            }
            () = work => {}
        }
    }
    let effects = {
        let mut books = shared.books();
        books.settle_lost(&lost());
        books.take_effects()
    };
    drop(shared.write(Safety::Process, effects));
}

fn lost() -> Error {
    Error::new(
        ErrorKind::InvalidAnswer,
        "an internal error ended a request; please report it",
    )
}

/// Carries a batch, and one after another as long as there are more.
async fn carry_on(shared: Arc<Shared>, first: Arc<Batch>) {
    let mut next = Some(first);
    while let Some(batch) = next {
        carry(&shared, batch).await;
        next = shared.next_batch();
    }
}

/// Sends one batch until it has a fate, and writes that down.
async fn carry(shared: &Arc<Shared>, batch: Arc<Batch>) {
    let fields = shared.options.provider_fields.as_deref().map(RawValue::get);
    let request = Request {
        url: shared.target.url.clone(),
        post: Some(Post {
            frames: batch.frames(fields),
            idempotency_key: batch.idempotency_key.clone(),
        }),
    };
    let paths = identifying_paths(shared.provider, shared.kind);
    let of_lists = shared.kind == PushKind::Lists;
    let read = |answer: &Answer| read_claim(answer, of_lists, paths);
    let mut trace = Trace::default();
    let intend = async || shared.intend(&batch).await;
    let policy = shared.policy(Some(batch.id));
    let ending = shared
        .client
        .perform(&request, &policy, &mut trace, read, intend)
        .await;
    shared.activity.over(batch.id);
    let effects = {
        let mut books = shared.books();
        books.settle(batch.id, ending, &trace);
        books.take_effects()
    };
    let written = shared.write(Safety::Process, effects);
    shared.after_change();
    // The journal's outcomes may lag: without one, the batch is in doubt after a crash.
    if shared.dead_letter.is_some()
        && let Err(error) = written.durable().await
    {
        shared.end(error);
    }
}

impl Shared {
    /// The next batch that may leave; a source that waits hears when there is room again.
    fn next_batch(&self) -> Option<Arc<Batch>> {
        let (batch, wants_more) = {
            let mut books = self.books();
            (books.next_batch(), books.wants_more())
        };
        if batch.is_some() && wants_more {
            self.room.notify_waiters();
        }
        batch
    }

    /// Why the push may go no further, if it was cancelled or is out of time.
    pub(super) fn interruption(&self) -> Option<Error> {
        self.interruptions().interruption()
    }

    /// The rules for what an early end does not keep back.
    pub(super) fn interruptions(&self) -> Policy {
        Policy {
            cancel: self.cancel.clone(),
            deadline: self.deadline(),
            ..Policy::default()
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.options
            .deadline
            .and_then(|deadline| self.started.checked_add(deadline))
    }

    /// The rules for a batch's call, or for the time between calls.
    fn policy(self: &Arc<Self>, batch: Option<u64>) -> Policy {
        let shared = Arc::clone(self);
        Policy {
            may_repeat_in_doubt: self.books().may_repeat_in_doubt(),
            of_fields: false,
            cancel: self.cancel.clone(),
            stop: self.stop.clone(),
            deadline: self.deadline(),
            listener: batch.map(|batch| -> Box<dyn Fn(_) + Send + Sync> {
                Box::new(move |doing| shared.activity.note(batch, doing))
            }),
        }
    }

    /// Makes the batch's intent durable.
    async fn intend(&self, batch: &Batch) -> Result<()> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let fields = self.options.provider_fields.as_deref().map(RawValue::get);
        let intent = Intent::of(batch, fields);
        journal
            .write(Safety::Machine, move |journal| journal.intend(&intent))
            .durable()
            .await
            .map_err(|words| Error::new(ErrorKind::Storage, words))
    }
}

impl Entry {
    pub(super) fn write(&self, journal: &Journal) -> std::result::Result<(), String> {
        match self {
            Self::Settled {
                batch,
                request_id,
                exceptions,
            } => journal.settle(*batch, request_id.as_deref(), exceptions),
            Self::NotTaken(batch) => journal.not_taken(*batch),
            Self::Resolved {
                batch,
                index,
                outcome,
                message,
            } => journal.resolve(*batch, *index, *outcome, message),
            Self::Finished { records } => journal.finish(*records),
        }
    }
}

fn read_claim(answer: &Answer, of_lists: bool, paths: &[&str]) -> Result<Claim> {
    let data = answer::data(answer)?;
    Claim::read(&data, of_lists, paths).map_err(|reason| {
        answer::invalid(answer, &format!("the answer can't be trusted: {reason}"))
    })
}

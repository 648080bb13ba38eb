//! A check: records in, and what they would meet out. Nothing is sent.

use std::sync::Arc;

use super::handle::{CancelHandle, Flow, Push, Role};
use super::options::PushOptions;
use super::sizing::DEFAULT_BATCH_SIZE;
use super::target::Target;
use crate::crm::fix::Empty;
use crate::error::{Error, Result};
use crate::http::call::Caller;
use crate::names::PushKind;
use crate::reads::Fields;
use crate::records::{RecordShape, RecordSource, Records};
use crate::report::CheckReport;

/// How records are checked: as a push with the same options would send them.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Which fields travel, and under what names. Default: as they are.
    pub shape: RecordShape,
    /// Check what is left after what can be made right without loss was made right. Default: false.
    pub fix: bool,
    /// What becomes of empty texts. Default: they travel as they are.
    pub empty: Empty,
    /// The customer's fields; with them nothing at all is sent. Default: they are asked for, once in five
    /// minutes per client and CRM.
    pub fields: Option<Arc<Fields>>,
}

/// A check under way: [`feed`](Self::feed) it records, then [`finish`](Self::finish) it.
#[derive(Debug)]
pub struct Check(pub(crate) Push);

impl Check {
    pub(crate) fn start(
        caller: Arc<Caller>,
        target: Arc<Target>,
        options: CheckOptions,
    ) -> Result<Self> {
        if target.kind == PushKind::Lists {
            return Err(Error::config(
                "contacts and companies can be checked, changes of lists can't",
            ));
        }
        let options = PushOptions {
            shape: options.shape,
            check: true,
            fix: options.fix,
            empty: options.empty,
            fields: options.fields,
            ..PushOptions::default()
        };
        Push::open(caller, target, options, Role::Check).map(Self)
    }

    /// A handle that stops this check from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.0.cancel_handle()
    }

    /// Takes in a chunk of records.
    pub async fn feed(&self, records: Records) -> Flow {
        self.0.feed(records).await
    }

    /// Feeds the check until the source or the check ends. On a tokio runtime of more than one thread, a source
    /// that blocks holds nobody up.
    ///
    /// # Errors
    ///
    /// What the source says.
    pub async fn feed_from(&self, source: &mut dyn RecordSource) -> Result<Flow> {
        self.0.feed_from(source).await
    }

    /// What was found. A second call gives an empty report.
    ///
    /// # Errors
    ///
    /// What ended the check: it was cancelled, or the CRM's fields can't be had.
    pub async fn finish(&self) -> Result<CheckReport> {
        self.0.finish_check().await
    }
}

impl Push {
    /// Ends a check.
    pub(crate) async fn finish_check(&self) -> Result<CheckReport> {
        self.drain().await;
        let shared = &self.shared;
        let ended = shared.state().close_check();
        shared.finished.cancel();
        if let Some(error) = ended {
            let call = format!(
                "check of {} for {}",
                shared.target.kind, shared.target.provider
            );
            return Err(error.in_context(&call));
        }
        let fixed = shared.preparation.fixed();
        let checked = shared.preparation.checked();
        let sent = checked.records.saturating_sub(checked.records_with_errors);
        let requests = sent.div_ceil(DEFAULT_BATCH_SIZE);
        let seconds = shared.caller.time_for(requests).as_secs_f64();
        let target = &shared.target;
        Ok(CheckReport::new(
            target.provider,
            target.kind,
            checked,
            fixed,
            requests,
            seconds,
        ))
    }
}

//! A push under way: JSON text in, its report out.

use std::sync::{Arc, OnceLock};

use graph8_crm::border::{self, Course, FeedPush, RejectRecord, Reply, Source};
use graph8_crm::{Client, Error, FieldKind, RecordShape, Records};
use memchr::memmem;
use napi::Env;
use napi::bindgen_prelude::{BufferSlice, PromiseRaw, Uint8Array};
use napi_derive::napi;
use tokio::sync::watch;
use tokio::task::block_in_place;

use crate::arrow::{self, NativeTable};
use crate::flat;
use crate::promise::{guarded, promise};
use crate::reply::NativeReply;
use crate::rows::NativeRows;

/// What `JSON.stringify` makes of maps and sets, of typed arrays, and of buffers.
const SUSPECTS: [&[u8]; 3] = [b"{}", b"{\"0\":", b"{\"type\":\"Buffer\""];

/// Records of the source, as JavaScript hands them over.
#[napi(object, object_to_js = false)]
pub struct NativeSlice<'a> {
    /// The text of a JSON array of the records, unless `flat` is set.
    pub text: Option<String>,
    /// How many records.
    pub count: u32,
    /// Set where the addon is to write the JSON.
    pub flat: Option<NativeFlat<'a>>,
    /// Set where all documented forms are in `text`. Text of `JSON.stringify` alone may hold what that
    /// makes of a `Map` or typed array: looking for it in the addon costs the event loop nothing.
    pub rejected: Option<Vec<NativeRejection>>,
}

/// Records that all have the same keys.
#[napi(object, object_to_js = false)]
pub struct NativeFlat<'a> {
    /// The keys as JSON texts, a NUL behind each.
    pub keys: String,
    /// Their values one after the other. In front of each stands a word of 32 bits in the machine's
    /// order: its length in bytes times two, plus one unless it is a string; behind it, what is left of
    /// its last word means nothing. What is no string is JSON text, which is empty for a value that JSON
    /// leaves out.
    pub values: BufferSlice<'a>,
    /// Bytes of `values` that are in use.
    pub used: u32,
}

/// A slice that is our own.
struct Slice {
    count: usize,
    content: Content,
}

enum Content {
    Json {
        text: String,
        rejected: Option<Vec<NativeRejection>>,
    },
    Flat {
        keys: String,
        values: Vec<u8>,
    },
}

impl From<NativeSlice<'_>> for Slice {
    fn from(slice: NativeSlice<'_>) -> Self {
        let content = match slice.flat {
            None => Content::Json {
                text: slice.text.unwrap_or_default(),
                rejected: slice.rejected,
            },
            // JavaScript writes the next values over these.
            Some(flat) => Content::Flat {
                values: flat
                    .values
                    .get(..flat.used as usize)
                    .unwrap_or_default()
                    .to_vec(),
                keys: flat.keys,
            },
        };
        Self {
            count: slice.count as usize,
            content,
        }
    }
}

impl Slice {
    /// The records; without them, the reply says whether to try again with more care.
    fn into_records(self) -> Result<Records, NativeReply> {
        let again = || NativeReply::result("again");
        let Self { count, content } = self;
        let (text, rejected) = match content {
            Content::Json { text, rejected } => (text, rejected),
            Content::Flat { keys, values } => {
                return flat::records(&keys, &values, count).ok_or_else(again);
            }
        };
        let text = text.into_bytes();
        let is_suspect = |text: &[u8]| {
            SUSPECTS
                .iter()
                .any(|suspect| memmem::find(text, suspect).is_some())
        };
        if rejected.is_none() && is_suspect(&text) {
            return Err(again());
        }
        let mut records = match Records::from_json_array(text) {
            Ok(records) if records.len() == count => records,
            // A toJSON of all arrays has written something else.
            _ if rejected.is_none() => return Err(again()),
            Ok(_) => return Err(Reply::internal("records got lost").into()),
            Err(error) => return Err(error.into()),
        };
        for rejection in rejected.into_iter().flatten() {
            records.reject_at(rejection.position as usize, rejection.message);
        }
        Ok(records)
    }
}

/// A record of a slice that JavaScript could not write as JSON.
#[napi(object, object_to_js = false)]
pub struct NativeRejection {
    /// Its place in the slice; `null` stands there in the text.
    pub position: u32,
    pub message: String,
}

/// A push: `start` it, `feed` it slices in turn, `drain` it, then `finish` it; or let `run` do all
/// of that.
#[napi]
#[derive(Clone)]
pub struct NativePush {
    client: Client,
    is_check: bool,
    started: Arc<OnceLock<Course>>,
    /// Closed when JavaScript has let go of the push.
    in_use: Arc<watch::Sender<()>>,
}

impl NativePush {
    pub(crate) fn new(client: Client, is_check: bool) -> Self {
        Self {
            client,
            is_check,
            started: Arc::default(),
            in_use: Arc::default(),
        }
    }

    fn open(
        &self,
        provider: &str,
        kind: &str,
        options: &str,
        file: Option<&str>,
    ) -> Result<(), Error> {
        let source = |shape: &RecordShape| {
            let csv = border::csv_options(options)?;
            match file {
                Some(path) => Source::file(path, &csv, shape).map(Some),
                None => Source::no_file(&csv).map(|()| None),
            }
        };
        let course = if self.is_check {
            let options = border::check_options(options)?;
            let source = source(&options.shape)?;
            Course::start_check(&self.client, provider, kind, options, source)?
        } else {
            let options = border::push_options(options)?;
            let source = source(&options.shape)?;
            Course::start(&self.client, provider, kind, options, source)?
        };
        // Started twice, the first push stays.
        let _ = self.started.set(course);
        Ok(())
    }

    /// Resolves after `work`, or once nobody holds the push any more, as when a worker thread is ended.
    fn while_in_use<'env, F>(
        &self,
        env: &'env Env,
        work: impl FnOnce(Arc<OnceLock<Course>>) -> F + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>>
    where
        F: Future<Output = Option<()>> + Send + 'static,
    {
        let mut in_use = self.in_use.subscribe();
        self.with_push(env, async move |started| {
            tokio::select! {
                _ = work(started) => {}
                _ = in_use.changed() => {}
            }
            Some(NativeReply::result(&true))
        })
    }

    /// Does `work` with the push on another thread.
    fn with_push<'env, F>(
        &self,
        env: &'env Env,
        work: impl FnOnce(Arc<OnceLock<Course>>) -> F + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>>
    where
        F: Future<Output = Option<NativeReply>> + Send + 'static,
    {
        let started = Arc::clone(&self.started);
        promise(env, async move {
            work(started)
                .await
                .unwrap_or_else(|| Reply::internal("the push was not started").into())
        })
    }
}

#[napi]
impl NativePush {
    /// Opens what the push needs; an error says which argument is wrong. `options` is JSON text with
    /// the names and values of the core's options, `file` the path of the records if they are a file.
    #[napi(catch_unwind)]
    pub fn start<'env>(
        &self,
        env: &'env Env,
        provider: String,
        kind: String,
        options: String,
        file: Option<String>,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let push = self.clone();
        promise(env, async move {
            match block_in_place(|| push.open(&provider, &kind, &options, file.as_deref())) {
                Ok(()) => NativeReply::result(&true),
                Err(error) => error.into(),
            }
        })
    }

    /// All of a push whose options name no files and whose records are one slice; resolves as `finish`.
    /// Where `feed` would say `"again"`, so does this, and the push is started.
    #[napi(catch_unwind)]
    pub fn run<'env>(
        &self,
        env: &'env Env,
        provider: String,
        kind: String,
        options: String,
        slice: NativeSlice<'env>,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let slice = Slice::from(slice);
        // Here and not in the promise, so that it can be cancelled from now on.
        let opened = guarded(|| Ok(self.open(&provider, &kind, &options, None)?));
        if let Err(reply) = opened {
            return promise(env, async move { reply });
        }
        self.with_push(env, async move |started| {
            let course = started.get()?;
            match slice.into_records() {
                Ok(records) => {
                    course.push().offer(records);
                    Some(course.finish(0).await.into())
                }
                Err(reply) => Some(reply),
            }
        })
    }

    /// Takes records; resolves when there is room for more, `result` being `true`, or when the push has
    /// ended, `result` being `false`. With `"again"` nothing was taken in: the slice needs more care.
    #[napi(catch_unwind)]
    pub fn feed<'env>(
        &self,
        env: &'env Env,
        slice: NativeSlice<'env>,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let slice = Slice::from(slice);
        self.with_push(env, async move |started| {
            let course = started.get()?;
            Some(match slice.into_records() {
                Ok(records) => NativeReply::result(&course.feed(records).await),
                Err(reply) => reply,
            })
        })
    }

    /// Takes bytes as they come, NDJSON or Arrow's; `is_end` says that no more do. Resolves as `feed`.
    #[napi(catch_unwind)]
    pub fn feed_bytes<'env>(
        &self,
        env: &'env Env,
        bytes: Uint8Array,
        is_end: bool,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        // Copied: JavaScript may write into its buffer meanwhile.
        let bytes = bytes.to_vec();
        self.with_push(env, async move |started| {
            let course = started.get()?;
            Some(course.feed_bytes(&bytes, is_end).await.into())
        })
    }

    /// Takes the rows of a table; resolves as `feed`.
    #[napi(catch_unwind)]
    pub fn feed_table<'env>(
        &self,
        env: &'env Env,
        table: NativeTable,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let table = arrow::Table::from(table);
        self.with_push(env, async move |started| {
            let course = started.get()?;
            Some(match table.into_batch() {
                Ok(batch) => course.feed_batch(batch).await.into(),
                Err(error) => error.into(),
            })
        })
    }

    /// Feeds the records of the file; resolves as `feed`, or with what the file's reading met.
    #[napi(catch_unwind)]
    pub fn feed_source<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with_push(env, async move |started| {
            let course = started.get()?;
            let reading = tokio::spawn(read_source(Arc::clone(&started)));
            let reading = async { reading.await.unwrap_or_else(|_| Error::internal().into()) };
            Some(course.feed_source(reading).await.into())
        })
    }

    /// Feeds graph8's own rows; resolves as `feedSource`.
    #[napi(catch_unwind)]
    pub fn feed_rows<'env>(
        &self,
        env: &'env Env,
        rows: &NativeRows,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let reading = rows.reading();
        self.with_push(env, async move |started| {
            let course = started.get()?;
            Some(course.feed_rows(reading).await.into())
        })
    }

    /// Says that the source can't be read on, and why.
    #[napi(catch_unwind)]
    pub fn source_failed(&self, why: String) {
        if let Some(course) = self.started.get() {
            course.push().source_failed(&why);
        }
    }

    /// Resolves when the push wants nothing more from its source: it ended early, was cancelled, ran out
    /// of time or is finished.
    #[napi(catch_unwind)]
    pub fn ended<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.while_in_use(env, async |started| {
            started.get()?.push().ended().await;
            Some(())
        })
    }

    /// Resolves when the push is cancelled, out of time or finished.
    #[napi(catch_unwind)]
    pub fn interrupted<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.while_in_use(env, async |started| {
            started.get()?.push().interrupted().await;
            Some(())
        })
    }

    /// Whether the push was cancelled or is out of time.
    #[napi(catch_unwind)]
    pub fn is_interrupted(&self) -> bool {
        self.started
            .get()
            .is_some_and(|course| course.push().is_interrupted())
    }

    /// Counts `not_sent` records of the source that were never fed and sends what waits; `is_left` says
    /// that the source may hold still more. `result` is the list of the records in doubt.
    #[napi(catch_unwind)]
    pub fn drain<'env>(
        &self,
        env: &'env Env,
        not_sent: u32,
        is_left: bool,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with_push(env, async move |started| {
            let course = started.get()?;
            if is_left {
                course.push().leave_source();
            }
            Some(course.drain(not_sent as usize).await.into())
        })
    }

    /// Ends the doubt about a record.
    #[napi(catch_unwind)]
    pub fn resolve(&self, index: u32, is_there: bool) {
        if let Some(course) = self.started.get() {
            course.push().resolve(index as usize, is_there);
        }
    }

    /// Makes the report after `drain` and gives the report.
    #[napi(catch_unwind)]
    pub fn finish<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with_push(env, async move |started| {
            Some(started.get()?.finish(0).await.into())
        })
    }

    /// Says how many records the source holds, for the snapshots.
    #[napi(catch_unwind)]
    pub fn expect_total(&self, records: u32) {
        if let Some(course) = self.started.get() {
            course.push().expect_total(records as usize);
        }
    }

    /// JSON text of a snapshot.
    #[napi(catch_unwind)]
    pub fn progress(&self) -> Option<String> {
        let progress = self.started.get()?.push().progress();
        serde_json::to_string(&progress).ok()
    }

    /// Lets no further request leave; those in flight may answer.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        if let Some(course) = self.started.get() {
            course.stop_handle().stop();
        }
    }

    /// Stops the requests in flight; what is under way then resolves at once.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        if let Some(course) = self.started.get() {
            course.cancel_handle().cancel();
        }
    }
}

async fn read_source(started: Arc<OnceLock<Course>>) -> Reply {
    match started.get() {
        Some(course) => course.read_source().await,
        None => Reply::internal("the push was not started"),
    }
}

/// Two reports as one: `second` follows `first`, or is a retry of its records that `of` names as JSON text.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn merge_reports(
    first: String,
    first_outcomes: Uint8Array,
    second: String,
    second_outcomes: Uint8Array,
    of: Option<String>,
) -> NativeReply {
    border::merge_reports(
        (&first, first_outcomes.to_vec()),
        (&second, second_outcomes.to_vec()),
        of.as_deref(),
    )
    .into()
}

/// What a journal tells.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn journal_status(env: &Env, path: String) -> napi::Result<PromiseRaw<'_, NativeReply>> {
    promise(env, async move {
        block_in_place(|| border::journal_status(path)).into()
    })
}

/// The records of a dead-letter file whose outcome is one of those named.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn read_dead_letter(
    env: &Env,
    path: String,
    outcomes: Vec<String>,
) -> napi::Result<PromiseRaw<'_, NativeReply>> {
    promise(env, async move {
        block_in_place(|| border::read_dead_letter(path, &outcomes)).into()
    })
}

/// The kind of value that fields of a CRM's type take.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn field_kind(type_name: String) -> &'static str {
    FieldKind::of_type(&type_name).as_str()
}

/// The JSON Schema of fields, which are JSON text.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn fields_schema(fields: String, additional_properties: bool) -> NativeReply {
    border::fields_schema(&fields, additional_properties).into()
}

/// Fields that were kept as JSON, in the form that `fields` of a client gives.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn read_fields(text: String) -> NativeReply {
    border::read_fields(&text).into()
}

/// Where the names of a table belong among fields, which are JSON text.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn suggest_fields(fields: String, names: Vec<String>) -> NativeReply {
    border::suggest_fields(&fields, &names).into()
}

/// JSON text of the core's names of everything that the package repeats, for its tests.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn core_names() -> String {
    border::names()
}

//! A client for graph8's CRM Syncs API.
//!
//! It pushes contacts, companies and list changes into HubSpot, Salesforce, Pipedrive, Zoho and
//! SugarCRM through graph8, and ends every record in exactly one [`Outcome`]: pushed, skipped,
//! failed, unknown or not sent.
//!
//! ```no_run
//! use graph8_crm::{Client, Provider, PushOptions};
//! use serde_json::json;
//!
//! # async fn run() -> graph8_crm::Result<()> {
//! let client = Client::builder().build()?; // the key comes from G8_API_KEY
//! let contacts = [json!({"email": "ada@example.com", "firstname": "Ada"})];
//! let report = client
//!     .push_contacts(Provider::Hubspot, contacts, PushOptions::default())
//!     .await?;
//! for problem in report.problems() {
//!     println!("{}: {}", problem.index, problem.message);
//! }
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(feature = "bindings"),
    expect(
        dead_code,
        reason = "what only the bindings call stands beside what it belongs to"
    )
)]

mod api_key;
#[cfg(feature = "bindings")]
#[doc(hidden)]
pub mod border;
mod client;
mod config;
mod crm;
mod error;
mod events;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod lookup;
mod names;
mod option_names;
mod push;
mod quote;
mod reads;
mod records;
mod report;
mod short_hash;
mod sync;

pub use client::Client;
pub use config::{ClientBuilder, DEFAULT_BASE_URL};
pub use crm::fix::Empty;
pub use crm::graph8::{Graph8Field, Graph8Takes, graph8_fields};
pub use crm::suggest::{Suggestion, Suggestions};
pub use error::{Error, ErrorKind, Result};
pub use files::read_dead_letter;
#[cfg(feature = "journal")]
pub use files::{JournalStatus, journal_status};
pub use http::pace::{RateLimit, RateLimitStore};
pub use lookup::FoundContacts;
pub use names::{EntityType, Provider, PushKind, UnknownName};
pub use push::{
    BatchSize, CancelHandle, Check, CheckOptions, DEFAULT_BATCH_SIZE, DEFAULT_GRACE, Flow,
    MAX_BATCH_SIZE, MAX_CONCURRENCY, MaxFailures, OnChange, OnError, OnUnknown, Push, PushOptions,
    PushProgress, ResolveUnknown, StopHandle, TargetList, Unique, Wait, WaitReason,
};
pub use reads::{
    ConnectionStatus, CrmSync, Field, FieldKind, FieldOption, Fields, Graph8CompaniesQuery,
    Graph8ContactsQuery, Graph8Rows, Timestamp, json_schema,
};
#[cfg(feature = "arrow")]
pub use records::ArrowRecords;
pub use records::{
    CsvFile, CsvOptions, ListChange, Nan, Ndjson, NdjsonFile, RecordFile, RecordForm, RecordShape,
    RecordSource, Records, hubspot, pipedrive, salesforce, sugarcrm, zoho,
};
pub use report::{
    AddedToList, CheckProblem, CheckReport, EXAMPLES, Example, FieldProfile, Finding, FindingCode,
    FixKind, MessageCount, MessageGroup, NotAdded, NotAddedReason, Outcome, Outcomes, PacingScope,
    Problem, PushReport, RequestLine, RetryOf, Severity, Skip,
};

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// This crate's version, as sent in the User-Agent.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

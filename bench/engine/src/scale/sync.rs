//! One organisation's sync in real time, with its journal of keys and its file for the rate limit.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use graph8_crm::{PushOptions, RateLimit, RateLimitStore, RecordShape};
use tokio::runtime::Runtime;

use super::{Options, client_of, per, push};
use crate::Result;
use crate::engine::cpu_time;
use crate::sink::SinkProcess;

/// So much that no sync waits for it: only what pacing costs is measured.
const LIMIT: RateLimit = RateLimit {
    per_second: 200,
    per_minute: 200,
};

pub(super) fn run(source: &[Bytes], options: &Options, folder: &Path) -> Result<()> {
    let sink = SinkProcess::start(Duration::ZERO)?;
    let runtime = Runtime::new()?;
    let mut cpu = Vec::new();
    for night in 0..2 {
        let (before, mut requests) = (cpu_time()?, 0);
        for organisation in 0..options.rounds {
            let store = format!("file://{}/{organisation}.limit", folder.display());
            let client = client_of(organisation)
                .base_url(sink.url())
                .rate_limit(LIMIT)
                .rate_limit_store(RateLimitStore::At(store))
                .build()?;
            let options = PushOptions {
                journal: Some(folder.join(format!("{organisation}.journal"))),
                shape: RecordShape {
                    primary_key: vec!["email".to_owned()],
                    ..RecordShape::default()
                },
                ..PushOptions::default()
            };
            requests += runtime.block_on(push(&client, source, options))?.requests();
        }
        let each = cpu_time()?.saturating_sub(before) / u32::try_from(options.rounds)?;
        writeln!(
            io::stdout(),
            "night {}: {:.1} requests and {:.1} ms of CPU per sync of {} contacts",
            night + 1,
            per(requests, options.rounds),
            each.as_secs_f64() * 1e3,
            options.contacts,
        )?;
        cpu.push(each);
    }
    for (what, ending) in [("journal", ".journal"), ("rate limit", ".limit")] {
        let mut bytes = 0;
        for file in fs::read_dir(folder)? {
            let file = file?;
            if file.file_name().to_string_lossy().ends_with(ending) {
                // What it takes: the limit's file has holes.
                bytes += file.metadata()?.blocks() * 512;
            }
        }
        writeln!(
            io::stdout(),
            "{what}: {:.1} KiB per organisation on the disk",
            per(bytes, options.rounds) / 1_024.0
        )?;
    }
    for &organisations in &options.organisations {
        let of = |each: Duration| each.as_secs_f64() * per(organisations as u64, 60);
        writeln!(
            io::stdout(),
            "{organisations} organisations: {:.1} minutes of CPU in the first night, {:.1} in one without new contacts",
            of(cpu[0]),
            of(cpu[1]),
        )?;
    }
    Ok(())
}

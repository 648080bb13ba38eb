//! Calls whose events another language hears of, and that carry its headers.

use std::sync::Arc;

use crate::client::Client;
use crate::config::ClientBuilder;
use crate::error::Result;
pub use crate::events::{EventRing, Topics};

/// Adds headers to a client's settings.
pub fn with_headers(builder: ClientBuilder, headers: Vec<(String, String)>) -> ClientBuilder {
    headers.into_iter().fold(builder, |builder, (name, value)| {
        builder.header(name, value)
    })
}

/// A client as one call uses it: it sends these headers too, and events of these topics go to the ring, if there
/// are any.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the header that is wrong.
pub fn for_one_call(
    client: &Client,
    topics: Topics,
    headers: &[(String, String)],
) -> Result<(Client, Option<Arc<EventRing>>)> {
    let mut client = client.clone();
    if !headers.is_empty() {
        client = client.with_headers(headers.iter().map(|(name, value)| (name, value)))?;
    }
    if topics.is_empty() {
        return Ok((client, None));
    }
    let ring = Arc::new(EventRing::new(topics));
    Ok((client.told_to(Arc::clone(&ring)), Some(ring)))
}

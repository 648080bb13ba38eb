//! One request that looks contacts up by their e-mail addresses.

use serde_json::json;

use super::Asker;
use super::shape::ids_by_email;
use crate::error::Result;
use crate::http::call::{Policy, Trace};

/// E-mail addresses of one request: the neighbouring batch endpoints cap there.
pub(crate) const MOST_EMAILS: usize = 100;

/// The ids of the contacts that each of `emails` has in a CRM. They are folded, all different, and at most
/// [`MOST_EMAILS`]. `policy` makes the rules for each of the calls.
pub(crate) async fn look_up(
    asker: Asker<'_>,
    emails: &[String],
    policy: impl Fn() -> Policy,
    trace: &mut Trace,
) -> Result<Vec<Vec<String>>> {
    let connection = asker.connection(policy()).await?;
    let mut url = asker.caller.url("integrations/crm/connections/");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty()
            .extend([&connection, "batch", "contacts", "lookup-by-email"]);
    }
    let body = json!({"emails": emails});
    let request = (url, Some(&body));
    let read = |answer: &_| ids_by_email(answer, emails);
    asker
        .ask("look-up of contacts", request, policy(), trace, read)
        .await
}

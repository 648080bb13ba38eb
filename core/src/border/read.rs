//! Calls that read, with names as text.

use tokio_util::sync::CancellationToken;

use super::reply::Reply;
use crate::client::Client;
use crate::error::Result;
use crate::lookup::FoundContacts;
use crate::reads::{ConnectionStatus, Fields};

/// One of the calls that read.
#[derive(Clone, Debug)]
pub enum Read {
    /// The connected CRMs.
    ListSyncs,
    /// The fields of an entity.
    Fields {
        /// The CRM's name.
        provider: String,
        /// The entity type's name.
        entity_type: String,
    },
    /// The contacts of a CRM with these e-mail addresses.
    FindContacts {
        /// The CRM's name.
        provider: String,
        /// The addresses.
        emails: Vec<String>,
    },
    /// Whether a CRM's connection works.
    Status {
        /// The CRM's name.
        provider: String,
    },
}

impl Read {
    /// Makes the call, which `cancel` stops; the error then tells what the last try had met.
    pub async fn run_until(self, client: &Client, cancel: CancellationToken) -> Reply {
        let caller = client.caller().stopped_by(cancel);
        self.run(client.through(caller)).await
    }

    /// Makes the call.
    pub async fn run(self, client: Client) -> Reply {
        match self {
            Self::ListSyncs => Reply::of(&client.list_syncs().await),
            Self::Fields {
                provider,
                entity_type,
            } => Reply::of(&fields(&client, &provider, &entity_type).await),
            Self::FindContacts { provider, emails } => {
                Reply::of(&find_contacts(&client, &provider, emails).await)
            }
            Self::Status { provider } => Reply::of(&status(&client, &provider).await),
        }
    }
}

async fn fields(client: &Client, provider: &str, entity_type: &str) -> Result<Fields> {
    client.fields(provider.parse()?, entity_type.parse()?).await
}

async fn find_contacts(
    client: &Client,
    provider: &str,
    emails: Vec<String>,
) -> Result<FoundContacts> {
    client.find_contacts(provider.parse()?, emails).await
}

async fn status(client: &Client, provider: &str) -> Result<ConnectionStatus> {
    client.status(provider.parse()?).await
}

// Made by scripts/generate_records.py from facts/*.json: change those.
//! Records of Pipedrive whose fields are known.
#![allow(clippy::doc_markdown, reason = "labels are the CRM's own words")]

use serde::Serialize;
use serde_json::{Map, Value};

/// A Pipedrive contact, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contact {
    /// Name: varchar, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Email: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emails: Option<Vec<Value>>,
    /// Phone: phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<Value>>,
    /// Organization: org, an id of organizations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<Value>,
    /// Owner: user, an id of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Value>,
    /// Labels: set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_ids: Option<Vec<Value>>,
    /// Visible to: visible_to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible_to: Option<Value>,
    /// Marketing status: enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketing_status: Option<Value>,
    /// Person created: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_time: Option<Value>,
    /// Update time: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Value>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Pipedrive company, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Company {
    /// Name: varchar, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Owner: user, an id of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Value>,
    /// Address: address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Value>,
    /// Labels: set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_ids: Option<Vec<Value>>,
    /// Visible to: visible_to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible_to: Option<Value>,
    /// Organization created: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_time: Option<Value>,
    /// Update time: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Value>,
    /// Website: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// LinkedIn profile: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// Industry: enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<Value>,
    /// Annual revenue: monetary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_revenue: Option<Value>,
    /// Number of employees: int.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_count: Option<i64>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Pipedrive lead; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Lead {
    /// Title: varchar, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Contact person: people, an id of persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<Value>,
    /// Organization: org, an id of organizations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Value>,
    /// Owner: user, an id of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Value>,
    /// Labels: set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_ids: Option<Vec<Value>>,
    /// Value: monetary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Expected close date: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_close_date: Option<Value>,
    /// Visible to: visible_to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible_to: Option<Value>,
    /// Seen: boolean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was_seen: Option<bool>,
    /// Source origin ID: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_id: Option<String>,
    /// Source channel: enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Value>,
    /// Source channel ID: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Pipedrive deal; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deal {
    /// Title: varchar, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Value: monetary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Currency: varchar, up to 3 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Contact person: people, an id of persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<Value>,
    /// Organization: org, an id of organizations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<Value>,
    /// Owner: user, an id of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Value>,
    /// Pipeline: double.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<Value>,
    /// Stage: stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<Value>,
    /// Status: status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Expected close date: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_close_date: Option<Value>,
    /// Probability: int.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<i64>,
    /// Lost reason: varchar_options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_reason: Option<Value>,
    /// Label: set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_ids: Option<Vec<Value>>,
    /// Visible to: visible_to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible_to: Option<Value>,
    /// Deal created: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_time: Option<Value>,
    /// Deal closed on: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_time: Option<Value>,
    /// Won time: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub won_time: Option<Value>,
    /// Lost time: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_time: Option<Value>,
    /// Is archived: boolean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_archived: Option<bool>,
    /// Archive time: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_time: Option<Value>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

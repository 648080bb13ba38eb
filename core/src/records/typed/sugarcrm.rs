// Made by scripts/generate_records.py from facts/*.json: change those.
//! Records of SugarCRM whose fields are known.
#![allow(clippy::doc_markdown, reason = "labels are the CRM's own words")]

use serde::Serialize;
use serde_json::{Map, Value};

/// A SugarCRM contact, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contact {
    /// First Name: varchar, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last Name: varchar, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Salutation: enum, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Title: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Department: varchar, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Email Address: email, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Vec<Value>>,
    /// Email Address: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email1: Option<String>,
    /// Other Email: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email2: Option<String>,
    /// Email Opt Out: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_opt_out: Option<bool>,
    /// Invalid Email: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_email: Option<bool>,
    /// Office Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_work: Option<String>,
    /// Mobile: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_mobile: Option<String>,
    /// Home: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_home: Option<String>,
    /// Other Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_other: Option<String>,
    /// Fax: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_fax: Option<String>,
    /// Account Name: relate, up to 255 characters, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// Account ID: relate, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Lead Source: enum, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Birthdate: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Do Not Call: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub do_not_call: Option<bool>,
    /// Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Assistant: varchar, up to 75 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant: Option<String>,
    /// Assistant Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_phone: Option<String>,
    /// Reports to ID: id, an id of Contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_to_id: Option<String>,
    /// Reports To: relate, an id of Contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_to_name: Option<String>,
    /// Primary Address Street: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_street: Option<String>,
    /// Primary Address City: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_city: Option<String>,
    /// Primary Address State: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_state: Option<String>,
    /// Primary Address Postal Code: varchar, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_postalcode: Option<String>,
    /// Primary Address Country: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_country: Option<String>,
    /// Alternate Address Street: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_street: Option<String>,
    /// Alternate Address City: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_city: Option<String>,
    /// Alternate Address State: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_state: Option<String>,
    /// Alternate Address Postal Code: varchar, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_postalcode: Option<String>,
    /// Alternate Address Country: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_country: Option<String>,
    /// Facebook Account: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facebook: Option<String>,
    /// Twitter Account: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Google Plus ID: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub googleplus: Option<String>,
    /// Language Preference: enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// Campaign ID: id, an id of Campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// Campaign: relate, an id of Campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    /// Portal Name: username, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_name: Option<String>,
    /// Portal Active: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_active: Option<bool>,
    /// D&B Principal Id: varchar, up to 30 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnb_principal_id: Option<String>,
    /// Business Purposes Consented for: multienum, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp_business_purpose: Option<Value>,
    /// Consent Last Updated: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp_consent_last_updated: Option<String>,
    /// Avatar: image, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Value>,
    /// Tags: tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Value>,
    /// Teams: relate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// Assigned User: id, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<String>,
    /// Assigned to: relate, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_name: Option<String>,
    /// ID: id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A SugarCRM company, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Company {
    /// Name: name, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Type: enum, up to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_type: Option<String>,
    /// Industry: enum, up to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Website: url, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Email Address: email, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Vec<Value>>,
    /// Email Address: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email1: Option<String>,
    /// Office Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_office: Option<String>,
    /// Alternate Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_alternate: Option<String>,
    /// Fax: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_fax: Option<String>,
    /// Annual Revenue: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_revenue: Option<String>,
    /// Employees: varchar, up to 10 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<String>,
    /// Ownership: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
    /// Rating: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// Ticker Symbol: varchar, up to 10 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticker_symbol: Option<String>,
    /// SIC Code: varchar, up to 10 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sic_code: Option<String>,
    /// DUNS: varchar, up to 15 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duns_num: Option<String>,
    /// Service Level: enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<String>,
    /// Parent Account ID: id, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Member of: relate, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_name: Option<String>,
    /// Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Billing Street: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address_street: Option<String>,
    /// Billing City: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address_city: Option<String>,
    /// Billing State: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address_state: Option<String>,
    /// Billing Postal Code: varchar, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address_postalcode: Option<String>,
    /// Billing Country: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address_country: Option<String>,
    /// Shipping Street: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_street: Option<String>,
    /// Shipping City: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_city: Option<String>,
    /// Shipping State: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_state: Option<String>,
    /// Shipping Postal Code: varchar, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_postalcode: Option<String>,
    /// Shipping Country: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_country: Option<String>,
    /// Facebook Account: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facebook: Option<String>,
    /// Twitter Account: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Google Plus ID: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub googleplus: Option<String>,
    /// Campaign ID: id, an id of Campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// Campaign: relate, an id of Campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    /// Tags: tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Value>,
    /// Teams: relate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// Assigned User: id, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<String>,
    /// Assigned to: relate, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_name: Option<String>,
    /// ID: id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A SugarCRM lead; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Lead {
    /// Last Name: varchar, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// First Name: varchar, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Salutation: enum, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Title: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Department: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Email Address: email, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Vec<Value>>,
    /// Email Address: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email1: Option<String>,
    /// Office Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_work: Option<String>,
    /// Mobile: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_mobile: Option<String>,
    /// Home Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_home: Option<String>,
    /// Other Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_other: Option<String>,
    /// Fax: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_fax: Option<String>,
    /// Account Name: varchar, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// Account Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_description: Option<String>,
    /// Website: url, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Status: enum, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Status Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_description: Option<String>,
    /// Lead Source: enum, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Lead Source Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source_description: Option<String>,
    /// Referred By: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refered_by: Option<String>,
    /// Opportunity Name: varchar, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity_name: Option<String>,
    /// Opportunity Amount: varchar, up to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity_amount: Option<String>,
    /// Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Do Not Call: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub do_not_call: Option<bool>,
    /// Birthdate: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Primary Address Street: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_street: Option<String>,
    /// Primary Address City: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_city: Option<String>,
    /// Primary Address State: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_state: Option<String>,
    /// Primary Address Postal Code: varchar, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_postalcode: Option<String>,
    /// Primary Address Country: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_address_country: Option<String>,
    /// Alt Address Street: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_street: Option<String>,
    /// Alt Address City: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_city: Option<String>,
    /// Alt Address State: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_state: Option<String>,
    /// Alt Address Postal Code: varchar, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_postalcode: Option<String>,
    /// Alt Address Country: varchar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_address_country: Option<String>,
    /// Assistant: varchar, up to 75 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant: Option<String>,
    /// Assistant Phone: phone, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_phone: Option<String>,
    /// Twitter Account: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Facebook Account: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facebook: Option<String>,
    /// Language Preference: enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// Campaign ID: id, an id of Campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// Converted: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converted: Option<bool>,
    /// Contact ID: id, an id of Contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Account ID: id, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Opportunity ID: id, an id of Opportunities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity_id: Option<String>,
    /// Tags: tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Value>,
    /// Teams: relate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// Assigned User: id, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<String>,
    /// Assigned to: relate, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_name: Option<String>,
    /// ID: id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A SugarCRM deal; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deal {
    /// Opportunity Name: name, required, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Account Name: relate, required, up to 255 characters, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// Account ID: relate, an id of Accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Expected Close Date: date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_closed: Option<String>,
    /// Sales Stage: enum, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_stage: Option<String>,
    /// Probability (%): int.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Type: enum, up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opportunity_type: Option<String>,
    /// Lead Source: enum, up to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Next Step: varchar, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Forecast Stage: enum, up to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_stage: Option<String>,
    /// Currency ID: currency_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_id: Option<String>,
    /// campaign_id: id, an id of Campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// Description: text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tags: tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Value>,
    /// Teams: relate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// Assigned User: id, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<String>,
    /// Assigned to: relate, an id of Users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_name: Option<String>,
    /// Renewal: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<bool>,
    /// # of Total Revenue Line Items: int.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_revenue_line_items: Option<f64>,
    /// ID: id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

// Made by scripts/generate_records.py from facts/*.json: change those.
//! Records of Salesforce whose fields are known.
#![allow(clippy::doc_markdown, reason = "labels are the CRM's own words")]

use serde::Serialize;
use serde_json::{Map, Value};

/// A Salesforce contact, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contact {
    /// Last Name: string, required, up to 80 characters.
    #[serde(rename = "LastName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// First Name: string, up to 40 characters.
    #[serde(rename = "FirstName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Salutation: picklist, up to 40 characters.
    #[serde(rename = "Salutation")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Email: email, up to 80 characters.
    #[serde(rename = "Email")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Account ID: reference, up to 18 characters, an id of Account.
    #[serde(rename = "AccountId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Title: string, up to 128 characters.
    #[serde(rename = "Title")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Department: string, up to 80 characters.
    #[serde(rename = "Department")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Business Phone: phone, up to 40 characters.
    #[serde(rename = "Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mobile Phone: phone, up to 40 characters.
    #[serde(rename = "MobilePhone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    /// Home Phone: phone, up to 40 characters.
    #[serde(rename = "HomePhone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_phone: Option<String>,
    /// Other Phone: phone, up to 40 characters.
    #[serde(rename = "OtherPhone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_phone: Option<String>,
    /// Business Fax: phone, up to 40 characters.
    #[serde(rename = "Fax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Assistant's Name: string, up to 40 characters.
    #[serde(rename = "AssistantName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_name: Option<String>,
    /// Asst. Phone: phone, up to 40 characters.
    #[serde(rename = "AssistantPhone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_phone: Option<String>,
    /// Reports To ID: reference, up to 18 characters, an id of Contact.
    #[serde(rename = "ReportsToId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_to_id: Option<String>,
    /// Lead Source: picklist, up to 255 characters.
    #[serde(rename = "LeadSource")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Birthdate: date.
    #[serde(rename = "Birthdate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Contact Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Owner ID: reference, up to 18 characters, an id of User.
    #[serde(rename = "OwnerId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Email Opt Out: boolean.
    #[serde(rename = "HasOptedOutOfEmail")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_opted_out_of_email: Option<bool>,
    /// Fax Opt Out: boolean.
    #[serde(rename = "HasOptedOutOfFax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_opted_out_of_fax: Option<bool>,
    /// Do Not Call: boolean.
    #[serde(rename = "DoNotCall")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub do_not_call: Option<bool>,
    /// Mailing Street: textarea, up to 255 characters.
    #[serde(rename = "MailingStreet")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_street: Option<String>,
    /// Mailing City: string, up to 40 characters.
    #[serde(rename = "MailingCity")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_city: Option<String>,
    /// Mailing State/Province: string, up to 80 characters.
    #[serde(rename = "MailingState")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_state: Option<String>,
    /// Mailing Zip/Postal Code: string, up to 20 characters.
    #[serde(rename = "MailingPostalCode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_postal_code: Option<String>,
    /// Mailing Country: string, up to 80 characters.
    #[serde(rename = "MailingCountry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_country: Option<String>,
    /// Mailing Latitude: double.
    #[serde(rename = "MailingLatitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_latitude: Option<f64>,
    /// Mailing Longitude: double.
    #[serde(rename = "MailingLongitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_longitude: Option<f64>,
    /// Mailing Geocode Accuracy: picklist, up to 40 characters.
    #[serde(rename = "MailingGeocodeAccuracy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_geocode_accuracy: Option<String>,
    /// Other Street: textarea, up to 255 characters.
    #[serde(rename = "OtherStreet")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_street: Option<String>,
    /// Other City: string, up to 40 characters.
    #[serde(rename = "OtherCity")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_city: Option<String>,
    /// Other State/Province: string, up to 80 characters.
    #[serde(rename = "OtherState")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_state: Option<String>,
    /// Other Zip/Postal Code: string, up to 20 characters.
    #[serde(rename = "OtherPostalCode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_postal_code: Option<String>,
    /// Other Country: string, up to 80 characters.
    #[serde(rename = "OtherCountry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_country: Option<String>,
    /// Other Latitude: double.
    #[serde(rename = "OtherLatitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_latitude: Option<f64>,
    /// Other Longitude: double.
    #[serde(rename = "OtherLongitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_longitude: Option<f64>,
    /// Other Geocode Accuracy: picklist, up to 40 characters.
    #[serde(rename = "OtherGeocodeAccuracy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_geocode_accuracy: Option<String>,
    /// Data.com Key: string, up to 20 characters.
    #[serde(rename = "Jigsaw")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jigsaw: Option<String>,
    /// Clean Status: picklist, up to 40 characters.
    #[serde(rename = "CleanStatus")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean_status: Option<String>,
    /// Email Bounced Reason: string, up to 255 characters.
    #[serde(rename = "EmailBouncedReason")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_bounced_reason: Option<String>,
    /// Email Bounced Date: datetime.
    #[serde(rename = "EmailBouncedDate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_bounced_date: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Salesforce company, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Company {
    /// Account Name: string, required, up to 255 characters.
    #[serde(rename = "Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Account Type: picklist, up to 255 characters.
    #[serde(rename = "Type")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Industry: picklist, up to 255 characters.
    #[serde(rename = "Industry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Website: url, up to 255 characters.
    #[serde(rename = "Website")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Account Phone: phone, up to 40 characters.
    #[serde(rename = "Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Account Fax: phone, up to 40 characters.
    #[serde(rename = "Fax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Account Number: string, up to 40 characters.
    #[serde(rename = "AccountNumber")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// Annual Revenue: currency.
    #[serde(rename = "AnnualRevenue")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_revenue: Option<f64>,
    /// Employees: int.
    #[serde(rename = "NumberOfEmployees")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_employees: Option<i64>,
    /// Ownership: picklist, up to 255 characters.
    #[serde(rename = "Ownership")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
    /// Account Rating: picklist, up to 255 characters.
    #[serde(rename = "Rating")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// Account Site: string, up to 80 characters.
    #[serde(rename = "Site")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Ticker Symbol: string, up to 20 characters.
    #[serde(rename = "TickerSymbol")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticker_symbol: Option<String>,
    /// SIC Code: string, up to 20 characters.
    #[serde(rename = "Sic")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sic: Option<String>,
    /// SIC Description: string, up to 80 characters.
    #[serde(rename = "SicDesc")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sic_desc: Option<String>,
    /// Account Source: picklist, up to 255 characters.
    #[serde(rename = "AccountSource")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_source: Option<String>,
    /// Account Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Parent Account ID: reference, up to 18 characters, an id of Account.
    #[serde(rename = "ParentId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Owner ID: reference, up to 18 characters, an id of User.
    #[serde(rename = "OwnerId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Billing Street: textarea, up to 255 characters.
    #[serde(rename = "BillingStreet")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_street: Option<String>,
    /// Billing City: string, up to 40 characters.
    #[serde(rename = "BillingCity")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_city: Option<String>,
    /// Billing State/Province: string, up to 80 characters.
    #[serde(rename = "BillingState")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_state: Option<String>,
    /// Billing Zip/Postal Code: string, up to 20 characters.
    #[serde(rename = "BillingPostalCode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_postal_code: Option<String>,
    /// Billing Country: string, up to 80 characters.
    #[serde(rename = "BillingCountry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_country: Option<String>,
    /// Billing Latitude: double.
    #[serde(rename = "BillingLatitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_latitude: Option<f64>,
    /// Billing Longitude: double.
    #[serde(rename = "BillingLongitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_longitude: Option<f64>,
    /// Billing Geocode Accuracy: picklist, up to 40 characters.
    #[serde(rename = "BillingGeocodeAccuracy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_geocode_accuracy: Option<String>,
    /// Shipping Street: textarea, up to 255 characters.
    #[serde(rename = "ShippingStreet")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_street: Option<String>,
    /// Shipping City: string, up to 40 characters.
    #[serde(rename = "ShippingCity")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_city: Option<String>,
    /// Shipping State/Province: string, up to 80 characters.
    #[serde(rename = "ShippingState")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_state: Option<String>,
    /// Shipping Zip/Postal Code: string, up to 20 characters.
    #[serde(rename = "ShippingPostalCode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_postal_code: Option<String>,
    /// Shipping Country: string, up to 80 characters.
    #[serde(rename = "ShippingCountry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_country: Option<String>,
    /// Shipping Latitude: double.
    #[serde(rename = "ShippingLatitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_latitude: Option<f64>,
    /// Shipping Longitude: double.
    #[serde(rename = "ShippingLongitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_longitude: Option<f64>,
    /// Shipping Geocode Accuracy: picklist, up to 40 characters.
    #[serde(rename = "ShippingGeocodeAccuracy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_geocode_accuracy: Option<String>,
    /// Data.com Key: string, up to 20 characters.
    #[serde(rename = "Jigsaw")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jigsaw: Option<String>,
    /// Clean Status: picklist, up to 40 characters.
    #[serde(rename = "CleanStatus")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean_status: Option<String>,
    /// D-U-N-S Number: string, up to 9 characters.
    #[serde(rename = "DunsNumber")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duns_number: Option<String>,
    /// Tradestyle: string, up to 255 characters.
    #[serde(rename = "Tradestyle")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tradestyle: Option<String>,
    /// NAICS Code: string, up to 8 characters.
    #[serde(rename = "NaicsCode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naics_code: Option<String>,
    /// NAICS Description: string, up to 120 characters.
    #[serde(rename = "NaicsDesc")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naics_desc: Option<String>,
    /// Year Started: string, up to 4 characters.
    #[serde(rename = "YearStarted")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_started: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Salesforce lead; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Lead {
    /// Last Name: string, required, up to 80 characters.
    #[serde(rename = "LastName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Company: string, required, up to 255 characters.
    #[serde(rename = "Company")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// First Name: string, up to 40 characters.
    #[serde(rename = "FirstName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Salutation: picklist, up to 40 characters.
    #[serde(rename = "Salutation")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Email: email, up to 80 characters.
    #[serde(rename = "Email")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Title: string, up to 128 characters.
    #[serde(rename = "Title")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Phone: phone, up to 40 characters.
    #[serde(rename = "Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mobile Phone: phone, up to 40 characters.
    #[serde(rename = "MobilePhone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    /// Fax: phone, up to 40 characters.
    #[serde(rename = "Fax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Website: url, up to 255 characters.
    #[serde(rename = "Website")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Lead Status: picklist, up to 255 characters.
    #[serde(rename = "Status")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Lead Source: picklist, up to 255 characters.
    #[serde(rename = "LeadSource")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Industry: picklist, up to 255 characters.
    #[serde(rename = "Industry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Rating: picklist, up to 255 characters.
    #[serde(rename = "Rating")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// Annual Revenue: currency.
    #[serde(rename = "AnnualRevenue")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_revenue: Option<f64>,
    /// Employees: int.
    #[serde(rename = "NumberOfEmployees")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_employees: Option<i64>,
    /// Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Street: textarea, up to 255 characters.
    #[serde(rename = "Street")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// City: string, up to 40 characters.
    #[serde(rename = "City")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State/Province: string, up to 80 characters.
    #[serde(rename = "State")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Zip/Postal Code: string, up to 20 characters.
    #[serde(rename = "PostalCode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country: string, up to 80 characters.
    #[serde(rename = "Country")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Latitude: double.
    #[serde(rename = "Latitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Longitude: double.
    #[serde(rename = "Longitude")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Geocode Accuracy: picklist, up to 40 characters.
    #[serde(rename = "GeocodeAccuracy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geocode_accuracy: Option<String>,
    /// Owner ID: reference, up to 18 characters, an id of Group or User.
    #[serde(rename = "OwnerId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Unread By Owner: boolean.
    #[serde(rename = "IsUnreadByOwner")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_unread_by_owner: Option<bool>,
    /// Data.com Key: string, up to 20 characters.
    #[serde(rename = "Jigsaw")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jigsaw: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Salesforce deal; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deal {
    /// Name: string, required, up to 120 characters.
    #[serde(rename = "Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Stage: picklist, required, up to 255 characters.
    #[serde(rename = "StageName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_name: Option<String>,
    /// Close Date: date, required.
    #[serde(rename = "CloseDate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_date: Option<String>,
    /// Amount: currency.
    #[serde(rename = "Amount")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// Account ID: reference, up to 18 characters, an id of Account.
    #[serde(rename = "AccountId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Contact ID: reference, up to 18 characters, an id of Contact.
    #[serde(rename = "ContactId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Campaign ID: reference, up to 18 characters, an id of Campaign.
    #[serde(rename = "CampaignId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// Price Book ID: reference, up to 18 characters, an id of Pricebook2.
    #[serde(rename = "Pricebook2Id")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricebook2_id: Option<String>,
    /// Owner ID: reference, up to 18 characters, an id of User.
    #[serde(rename = "OwnerId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Probability (%): percent.
    #[serde(rename = "Probability")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Opportunity Type: picklist, up to 255 characters.
    #[serde(rename = "Type")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Next Step: string, up to 255 characters.
    #[serde(rename = "NextStep")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Lead Source: picklist, up to 255 characters.
    #[serde(rename = "LeadSource")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Forecast Category: picklist, up to 255 characters.
    #[serde(rename = "ForecastCategoryName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast_category_name: Option<String>,
    /// Quantity: double.
    #[serde(rename = "TotalOpportunityQuantity")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_opportunity_quantity: Option<f64>,
    /// Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

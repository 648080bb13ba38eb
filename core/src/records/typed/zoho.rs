// Made by scripts/generate_records.py from facts/*.json: change those.
//! Records of Zoho whose fields are known.
#![allow(clippy::doc_markdown, reason = "labels are the CRM's own words")]

use serde::Serialize;
use serde_json::{Map, Value};

/// A Zoho contact, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contact {
    /// Last Name: text, required, up to 80 characters.
    #[serde(rename = "Last_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// First Name: text, up to 40 characters.
    #[serde(rename = "First_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Salutation: picklist.
    #[serde(rename = "Salutation")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Email: email, up to 100 characters.
    #[serde(rename = "Email")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Secondary Email: email, up to 100 characters.
    #[serde(rename = "Secondary_Email")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_email: Option<String>,
    /// Account Name: lookup, an id of Accounts.
    #[serde(rename = "Account_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<Value>,
    /// Vendor Name: lookup, an id of Vendors.
    #[serde(rename = "Vendor_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_name: Option<Value>,
    /// Title: text, up to 100 characters.
    #[serde(rename = "Title")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Department: text, up to 50 characters.
    #[serde(rename = "Department")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Phone: phone, up to 50 characters.
    #[serde(rename = "Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mobile: phone, up to 30 characters.
    #[serde(rename = "Mobile")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// Home Phone: phone, up to 30 characters.
    #[serde(rename = "Home_Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_phone: Option<String>,
    /// Other Phone: phone, up to 30 characters.
    #[serde(rename = "Other_Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_phone: Option<String>,
    /// Fax: text, up to 30 characters.
    #[serde(rename = "Fax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Assistant: text, up to 50 characters.
    #[serde(rename = "Assistant")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant: Option<String>,
    /// Asst Phone: phone, up to 30 characters.
    #[serde(rename = "Asst_Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asst_phone: Option<String>,
    /// Reporting To: lookup, an id of Contacts.
    #[serde(rename = "Reporting_To")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting_to: Option<Value>,
    /// Lead Source: picklist.
    #[serde(rename = "Lead_Source")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Date of Birth: date.
    #[serde(rename = "Date_of_Birth")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// Email Opt Out: boolean.
    #[serde(rename = "Email_Opt_Out")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_opt_out: Option<bool>,
    /// Skype ID: text, up to 50 characters.
    #[serde(rename = "Skype_ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skype_id: Option<String>,
    /// Twitter: text, up to 50 characters.
    #[serde(rename = "Twitter")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Mailing Street: text, up to 250 characters.
    #[serde(rename = "Mailing_Street")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_street: Option<String>,
    /// Mailing City: text, up to 100 characters.
    #[serde(rename = "Mailing_City")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_city: Option<String>,
    /// Mailing State: text, up to 100 characters.
    #[serde(rename = "Mailing_State")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_state: Option<String>,
    /// Mailing Zip: text, up to 30 characters.
    #[serde(rename = "Mailing_Zip")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_zip: Option<String>,
    /// Mailing Country: text, up to 100 characters.
    #[serde(rename = "Mailing_Country")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailing_country: Option<String>,
    /// Other Street: text, up to 250 characters.
    #[serde(rename = "Other_Street")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_street: Option<String>,
    /// Other City: text, up to 100 characters.
    #[serde(rename = "Other_City")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_city: Option<String>,
    /// Other State: text, up to 100 characters.
    #[serde(rename = "Other_State")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_state: Option<String>,
    /// Other Zip: text, up to 30 characters.
    #[serde(rename = "Other_Zip")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_zip: Option<String>,
    /// Other Country: text, up to 100 characters.
    #[serde(rename = "Other_Country")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_country: Option<String>,
    /// Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Contact Owner: ownerlookup.
    #[serde(rename = "Owner")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Value>,
    /// Tag: text.
    #[serde(rename = "Tag")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<Value>>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Zoho company, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Company {
    /// Account Name: text, required, up to 200 characters.
    #[serde(rename = "Account_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// Website: website, up to 255 characters.
    #[serde(rename = "Website")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Phone: phone, up to 30 characters.
    #[serde(rename = "Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Fax: text, up to 30 characters.
    #[serde(rename = "Fax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Industry: picklist.
    #[serde(rename = "Industry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Account Type: picklist.
    #[serde(rename = "Account_Type")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_type: Option<String>,
    /// Ownership: picklist.
    #[serde(rename = "Ownership")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
    /// Rating: picklist.
    #[serde(rename = "Rating")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// Employees: integer.
    #[serde(rename = "Employees")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<i64>,
    /// Annual Revenue: currency.
    #[serde(rename = "Annual_Revenue")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_revenue: Option<f64>,
    /// Account Number: bigint.
    #[serde(rename = "Account_Number")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_number: Option<Value>,
    /// Account Site: text, up to 80 characters.
    #[serde(rename = "Account_Site")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_site: Option<String>,
    /// Ticker Symbol: text, up to 30 characters.
    #[serde(rename = "Ticker_Symbol")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticker_symbol: Option<String>,
    /// SIC Code: integer.
    #[serde(rename = "SIC_Code")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sic_code: Option<i64>,
    /// Parent Account: lookup, an id of Accounts.
    #[serde(rename = "Parent_Account")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_account: Option<Value>,
    /// Billing Street: text, up to 250 characters.
    #[serde(rename = "Billing_Street")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_street: Option<String>,
    /// Billing City: text, up to 100 characters.
    #[serde(rename = "Billing_City")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_city: Option<String>,
    /// Billing State: text, up to 100 characters.
    #[serde(rename = "Billing_State")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_state: Option<String>,
    /// Billing Code: text, up to 30 characters.
    #[serde(rename = "Billing_Code")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_code: Option<String>,
    /// Billing Country: text, up to 100 characters.
    #[serde(rename = "Billing_Country")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_country: Option<String>,
    /// Shipping Street: text, up to 250 characters.
    #[serde(rename = "Shipping_Street")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_street: Option<String>,
    /// Shipping City: text, up to 100 characters.
    #[serde(rename = "Shipping_City")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_city: Option<String>,
    /// Shipping State: text, up to 100 characters.
    #[serde(rename = "Shipping_State")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_state: Option<String>,
    /// Shipping Code: text, up to 30 characters.
    #[serde(rename = "Shipping_Code")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_code: Option<String>,
    /// Shipping Country: text, up to 100 characters.
    #[serde(rename = "Shipping_Country")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_country: Option<String>,
    /// Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Account Owner: ownerlookup.
    #[serde(rename = "Owner")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Value>,
    /// Currency: picklist.
    #[serde(rename = "Currency")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Exchange Rate: double.
    #[serde(rename = "Exchange_Rate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<f64>,
    /// Tag: text.
    #[serde(rename = "Tag")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<Value>>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Zoho lead; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Lead {
    /// Lead Owner: ownerlookup.
    #[serde(rename = "Owner")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Value>,
    /// Company: text, up to 200 characters.
    #[serde(rename = "Company")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// First Name: text, up to 40 characters.
    #[serde(rename = "First_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last Name: text, required, up to 80 characters.
    #[serde(rename = "Last_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Title: text, up to 100 characters.
    #[serde(rename = "Designation")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designation: Option<String>,
    /// Email: email, up to 100 characters.
    #[serde(rename = "Email")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone: phone, up to 30 characters.
    #[serde(rename = "Phone")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Fax: text, up to 30 characters.
    #[serde(rename = "Fax")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Mobile: phone, up to 30 characters.
    #[serde(rename = "Mobile")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// Website: website, up to 255 characters.
    #[serde(rename = "Website")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Lead Source: picklist.
    #[serde(rename = "Lead_Source")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Lead Status: picklist.
    #[serde(rename = "Lead_Status")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_status: Option<String>,
    /// Industry: picklist.
    #[serde(rename = "Industry")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// No. of Employees: integer.
    #[serde(rename = "No_of_Employees")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_of_employees: Option<i64>,
    /// Annual Revenue: currency.
    #[serde(rename = "Annual_Revenue")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_revenue: Option<f64>,
    /// Rating: picklist.
    #[serde(rename = "Rating")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// Street: text, up to 250 characters.
    #[serde(rename = "Street")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// City: text, up to 100 characters.
    #[serde(rename = "City")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State: text, up to 100 characters.
    #[serde(rename = "State")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Zip Code: text, up to 30 characters.
    #[serde(rename = "Zip_Code")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip_code: Option<String>,
    /// Country: text, up to 100 characters.
    #[serde(rename = "Country")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Skype ID: text, up to 50 characters.
    #[serde(rename = "Skype_ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skype_id: Option<String>,
    /// Email Opt Out: boolean.
    #[serde(rename = "Email_Opt_Out")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_opt_out: Option<bool>,
    /// Salutation: picklist.
    #[serde(rename = "Salutation")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Secondary Email: email, up to 100 characters.
    #[serde(rename = "Secondary_Email")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_email: Option<String>,
    /// Twitter: text, up to 50 characters.
    #[serde(rename = "Twitter")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Tag: text.
    #[serde(rename = "Tag")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<Value>>,
    /// Most Recent Visit: datetime.
    #[serde(rename = "Last_Visited_Time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_visited_time: Option<String>,
    /// First Page Visited: website, up to 3,000 characters.
    #[serde(rename = "First_Visited_URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_visited_url: Option<String>,
    /// Average Time Spent (Minutes): double.
    #[serde(rename = "Average_Time_Spent_Minutes")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_time_spent_minutes: Option<f64>,
    /// Number Of Chats: integer.
    #[serde(rename = "Number_Of_Chats")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_chats: Option<i64>,
    /// Referrer: website, up to 3,000 characters.
    #[serde(rename = "Referrer")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// Visitor Score: bigint.
    #[serde(rename = "Visitor_Score")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor_score: Option<Value>,
    /// First Visit: datetime.
    #[serde(rename = "First_Visited_Time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_visited_time: Option<String>,
    /// Days Visited: integer.
    #[serde(rename = "Days_Visited")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_visited: Option<i64>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A Zoho deal; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deal {
    /// Deal Name: text, required, up to 120 characters.
    #[serde(rename = "Deal_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deal_name: Option<String>,
    /// Stage: picklist, required.
    #[serde(rename = "Stage")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Closing Date: date.
    #[serde(rename = "Closing_Date")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing_date: Option<String>,
    /// Account Name: lookup, an id of Accounts.
    #[serde(rename = "Account_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<Value>,
    /// Pipeline: picklist.
    #[serde(rename = "Pipeline")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Amount: currency.
    #[serde(rename = "Amount")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// Probability (%): integer.
    #[serde(rename = "Probability")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<i64>,
    /// Contact Name: lookup, an id of Contacts.
    #[serde(rename = "Contact_Name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_name: Option<Value>,
    /// Type: picklist.
    #[serde(rename = "Type")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Next Step: text, up to 100 characters.
    #[serde(rename = "Next_Step")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Lead Source: picklist.
    #[serde(rename = "Lead_Source")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Campaign Source: lookup, an id of Campaigns.
    #[serde(rename = "Campaign_Source")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_source: Option<Value>,
    /// Reason For Loss: picklist.
    #[serde(rename = "Reason_For_Loss__s")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_for_loss_s: Option<String>,
    /// Description: textarea, up to 32,000 characters.
    #[serde(rename = "Description")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Deal Owner: ownerlookup.
    #[serde(rename = "Owner")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Value>,
    /// Territory: lookup.
    #[serde(rename = "Territory")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territory: Option<Value>,
    /// Tag: text.
    #[serde(rename = "Tag")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<Value>>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

// Made by scripts/generate_records.py from facts/*.json: change those.
//! Records of HubSpot whose fields are known.
#![allow(clippy::doc_markdown, reason = "labels are the CRM's own words")]

use serde::Serialize;
use serde_json::{Map, Value};

/// A HubSpot contact, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contact {
    /// Email: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First Name: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firstname: Option<String>,
    /// Last Name: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lastname: Option<String>,
    /// Phone Number: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mobile Phone Number: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobilephone: Option<String>,
    /// Fax Number: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Company Name: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Job Title: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobtitle: Option<String>,
    /// Website URL: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Street Address: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// City: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State/Region: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal Code: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Country/Region: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Country/Region Code: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_country_region_code: Option<String>,
    /// State/Region Code: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_state_code: Option<String>,
    /// Industry: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Annual Revenue: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annualrevenue: Option<String>,
    /// Company size: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_size: Option<String>,
    /// Number of Employees: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numemployees: Option<String>,
    /// Lifecycle Stage: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecyclestage: Option<String>,
    /// Lead Status: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_lead_status: Option<String>,
    /// Contact owner: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hubspot_owner_id: Option<String>,
    /// Preferred language: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_language: Option<String>,
    /// Time Zone: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_timezone: Option<String>,
    /// Persona: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_persona: Option<String>,
    /// Buying Role: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_buying_role: Option<String>,
    /// Employment Seniority: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_seniority: Option<String>,
    /// Employment Role: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_role: Option<String>,
    /// Employment Sub Role: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_sub_role: Option<String>,
    /// Job function: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_function: Option<String>,
    /// Salutation: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// Date of birth: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// Gender: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Marital Status: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marital_status: Option<String>,
    /// Relationship Status: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship_status: Option<String>,
    /// Military status: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub military_status: Option<String>,
    /// Degree: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degree: Option<String>,
    /// Field of study: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_of_study: Option<String>,
    /// School: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
    /// Graduation date: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graduation_date: Option<String>,
    /// Start date: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// Seniority: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority: Option<String>,
    /// Work email: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_email: Option<String>,
    /// Twitter Username: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitterhandle: Option<String>,
    /// LinkedIn URL: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_linkedin_url: Option<String>,
    /// LinkedIn Bio: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedinbio: Option<String>,
    /// WhatsApp Phone Number: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_whatsapp_phone_number: Option<String>,
    /// Message: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Legal basis for processing contact's data: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_legal_basis: Option<String>,
    /// Close Date: datetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closedate: Option<Value>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A HubSpot company, as it is created.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Company {
    /// Company name: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Company Domain Name: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Website URL: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Phone Number: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Street Address: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Street Address 2: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address2: Option<String>,
    /// City: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State/Region: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal Code: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Country/Region: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Country/Region Code: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_country_code: Option<String>,
    /// State/Region Code: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_state_code: Option<String>,
    /// Industry: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Type: enumeration.
    #[serde(rename = "type")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Number of Employees: number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numberofemployees: Option<f64>,
    /// Annual Revenue: number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annualrevenue: Option<f64>,
    /// Description: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// About Us: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about_us: Option<String>,
    /// Year Founded: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub founded_year: Option<String>,
    /// Is Public: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_public: Option<bool>,
    /// Time Zone: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// LinkedIn Company Page: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin_company_page: Option<String>,
    /// LinkedIn Bio: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedinbio: Option<String>,
    /// Facebook Company Page: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facebook_company_page: Option<String>,
    /// Twitter Handle: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitterhandle: Option<String>,
    /// Total Money Raised: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_money_raised: Option<String>,
    /// Lifecycle Stage: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecyclestage: Option<String>,
    /// Lead Status: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_lead_status: Option<String>,
    /// Company owner: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hubspot_owner_id: Option<String>,
    /// Ideal Customer Profile Tier: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_ideal_customer_profile: Option<String>,
    /// Target Account: bool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_is_target_account: Option<bool>,
    /// CSM Sentiment: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_csm_sentiment: Option<String>,
    /// Employee range: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_employee_range: Option<String>,
    /// Revenue range: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_revenue_range: Option<String>,
    /// Industry group: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_industry_group: Option<String>,
    /// Linkedin handle: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_linkedin_handle: Option<String>,
    /// Logo URL: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_logo_url: Option<String>,
    /// Web Technologies: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_technologies: Option<String>,
    /// Close Date: datetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closedate: Option<Value>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A HubSpot lead; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Lead {
    /// Lead Name: string, required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_lead_name: Option<String>,
    /// Lead Type: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_lead_type: Option<String>,
    /// Lead Label: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_lead_label: Option<String>,
    /// Lead Pipeline: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_pipeline: Option<String>,
    /// Lead Pipeline Stage: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_pipeline_stage: Option<String>,
    /// Lead Owner: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hubspot_owner_id: Option<String>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// A HubSpot deal; it names fields, as no push creates one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deal {
    /// Deal Name: string, required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealname: Option<String>,
    /// Deal Stage: enumeration, required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealstage: Option<String>,
    /// Pipeline: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Amount: number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// Close Date: datetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closedate: Option<Value>,
    /// Deal Type: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealtype: Option<String>,
    /// Deal Description: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Deal owner: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hubspot_owner_id: Option<String>,
    /// Priority: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_priority: Option<String>,
    /// Next step: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_next_step: Option<String>,
    /// Currency: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deal_currency_code: Option<String>,
    /// Closed Lost Reason: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_lost_reason: Option<String>,
    /// Closed Won Reason: string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_won_reason: Option<String>,
    /// Forecast category: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_manual_forecast_category: Option<String>,
    /// Deal probability: number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_deal_stage_probability: Option<f64>,
    /// Forecast probability: number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_forecast_probability: Option<f64>,
    /// Deal amount calculation preference: enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_deal_amount_calculation_preference: Option<String>,
    /// Create Date: datetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub createdate: Option<Value>,
    /// Fields of the customer's own.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

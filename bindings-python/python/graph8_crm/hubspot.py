# Made by scripts/generate_records.py from facts/*.json: change those.
"""Records of HubSpot whose fields are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._typed import TypedRecord

if TYPE_CHECKING:
    from decimal import Decimal


class Contact(TypedRecord):
    """A HubSpot contact, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "email": "text",
        "firstname": "text",
        "lastname": "text",
        "phone": "text",
        "mobilephone": "text",
        "fax": "text",
        "company": "text",
        "jobtitle": "text",
        "website": "text",
        "address": "text",
        "city": "text",
        "state": "text",
        "zip": "text",
        "country": "text",
        "hs_country_region_code": "text",
        "hs_state_code": "text",
        "industry": "text",
        "annualrevenue": "text",
        "company_size": "text",
        "numemployees": "text",
        "lifecyclestage": "text",
        "hs_lead_status": "text",
        "hubspot_owner_id": "text",
        "hs_language": "text",
        "hs_timezone": "text",
        "hs_persona": "text",
        "hs_buying_role": "text",
        "hs_seniority": "text",
        "hs_role": "text",
        "hs_sub_role": "text",
        "job_function": "text",
        "salutation": "text",
        "date_of_birth": "text",
        "gender": "text",
        "marital_status": "text",
        "relationship_status": "text",
        "military_status": "text",
        "degree": "text",
        "field_of_study": "text",
        "school": "text",
        "graduation_date": "text",
        "start_date": "text",
        "seniority": "text",
        "work_email": "text",
        "twitterhandle": "text",
        "hs_linkedin_url": "text",
        "linkedinbio": "text",
        "hs_whatsapp_phone_number": "text",
        "message": "text",
        "hs_legal_basis": "text",
        "closedate": "any",
    }

    email: str | None = None
    """Email: string."""
    firstname: str | None = None
    """First Name: string."""
    lastname: str | None = None
    """Last Name: string."""
    phone: str | None = None
    """Phone Number: string."""
    mobilephone: str | None = None
    """Mobile Phone Number: string."""
    fax: str | None = None
    """Fax Number: string."""
    company: str | None = None
    """Company Name: string."""
    jobtitle: str | None = None
    """Job Title: string."""
    website: str | None = None
    """Website URL: string."""
    address: str | None = None
    """Street Address: string."""
    city: str | None = None
    """City: string."""
    state: str | None = None
    """State/Region: string."""
    zip: str | None = None
    """Postal Code: string."""
    country: str | None = None
    """Country/Region: string."""
    hs_country_region_code: str | None = None
    """Country/Region Code: string."""
    hs_state_code: str | None = None
    """State/Region Code: string."""
    industry: str | None = None
    """Industry: string."""
    annualrevenue: str | None = None
    """Annual Revenue: string."""
    company_size: str | None = None
    """Company size: string."""
    numemployees: str | None = None
    """Number of Employees: enumeration."""
    lifecyclestage: str | None = None
    """Lifecycle Stage: enumeration."""
    hs_lead_status: str | None = None
    """Lead Status: enumeration."""
    hubspot_owner_id: str | None = None
    """Contact owner: enumeration."""
    hs_language: str | None = None
    """Preferred language: enumeration."""
    hs_timezone: str | None = None
    """Time Zone: enumeration."""
    hs_persona: str | None = None
    """Persona: enumeration."""
    hs_buying_role: str | None = None
    """Buying Role: enumeration."""
    hs_seniority: str | None = None
    """Employment Seniority: enumeration."""
    hs_role: str | None = None
    """Employment Role: enumeration."""
    hs_sub_role: str | None = None
    """Employment Sub Role: enumeration."""
    job_function: str | None = None
    """Job function: string."""
    salutation: str | None = None
    """Salutation: string."""
    date_of_birth: str | None = None
    """Date of birth: string."""
    gender: str | None = None
    """Gender: string."""
    marital_status: str | None = None
    """Marital Status: string."""
    relationship_status: str | None = None
    """Relationship Status: string."""
    military_status: str | None = None
    """Military status: string."""
    degree: str | None = None
    """Degree: string."""
    field_of_study: str | None = None
    """Field of study: string."""
    school: str | None = None
    """School: string."""
    graduation_date: str | None = None
    """Graduation date: string."""
    start_date: str | None = None
    """Start date: string."""
    seniority: str | None = None
    """Seniority: string."""
    work_email: str | None = None
    """Work email: string."""
    twitterhandle: str | None = None
    """Twitter Username: string."""
    hs_linkedin_url: str | None = None
    """LinkedIn URL: string."""
    linkedinbio: str | None = None
    """LinkedIn Bio: string."""
    hs_whatsapp_phone_number: str | None = None
    """WhatsApp Phone Number: string."""
    message: str | None = None
    """Message: string."""
    hs_legal_basis: str | None = None
    """Legal basis for processing contact's data: enumeration."""
    closedate: object = None
    """Close Date: datetime."""


class Company(TypedRecord):
    """A HubSpot company, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "name": "text",
        "domain": "text",
        "website": "text",
        "phone": "text",
        "address": "text",
        "address2": "text",
        "city": "text",
        "state": "text",
        "zip": "text",
        "country": "text",
        "hs_country_code": "text",
        "hs_state_code": "text",
        "industry": "text",
        "type": "text",
        "numberofemployees": "numeric",
        "annualrevenue": "numeric",
        "description": "text",
        "about_us": "text",
        "founded_year": "text",
        "is_public": "flag",
        "timezone": "text",
        "linkedin_company_page": "text",
        "linkedinbio": "text",
        "facebook_company_page": "text",
        "twitterhandle": "text",
        "total_money_raised": "text",
        "lifecyclestage": "text",
        "hs_lead_status": "text",
        "hubspot_owner_id": "text",
        "hs_ideal_customer_profile": "text",
        "hs_is_target_account": "flag",
        "hs_csm_sentiment": "text",
        "hs_employee_range": "text",
        "hs_revenue_range": "text",
        "hs_industry_group": "text",
        "hs_linkedin_handle": "text",
        "hs_logo_url": "text",
        "web_technologies": "text",
        "closedate": "any",
    }

    name: str | None = None
    """Company name: string."""
    domain: str | None = None
    """Company Domain Name: string."""
    website: str | None = None
    """Website URL: string."""
    phone: str | None = None
    """Phone Number: string."""
    address: str | None = None
    """Street Address: string."""
    address2: str | None = None
    """Street Address 2: string."""
    city: str | None = None
    """City: string."""
    state: str | None = None
    """State/Region: string."""
    zip: str | None = None
    """Postal Code: string."""
    country: str | None = None
    """Country/Region: string."""
    hs_country_code: str | None = None
    """Country/Region Code: string."""
    hs_state_code: str | None = None
    """State/Region Code: string."""
    industry: str | None = None
    """Industry: enumeration."""
    type: str | None = None
    """Type: enumeration."""
    numberofemployees: float | Decimal | str | None = None
    """Number of Employees: number."""
    annualrevenue: float | Decimal | str | None = None
    """Annual Revenue: number."""
    description: str | None = None
    """Description: string."""
    about_us: str | None = None
    """About Us: string."""
    founded_year: str | None = None
    """Year Founded: string."""
    is_public: bool | str | None = None
    """Is Public: bool."""
    timezone: str | None = None
    """Time Zone: string."""
    linkedin_company_page: str | None = None
    """LinkedIn Company Page: string."""
    linkedinbio: str | None = None
    """LinkedIn Bio: string."""
    facebook_company_page: str | None = None
    """Facebook Company Page: string."""
    twitterhandle: str | None = None
    """Twitter Handle: string."""
    total_money_raised: str | None = None
    """Total Money Raised: string."""
    lifecyclestage: str | None = None
    """Lifecycle Stage: enumeration."""
    hs_lead_status: str | None = None
    """Lead Status: enumeration."""
    hubspot_owner_id: str | None = None
    """Company owner: enumeration."""
    hs_ideal_customer_profile: str | None = None
    """Ideal Customer Profile Tier: enumeration."""
    hs_is_target_account: bool | str | None = None
    """Target Account: bool."""
    hs_csm_sentiment: str | None = None
    """CSM Sentiment: enumeration."""
    hs_employee_range: str | None = None
    """Employee range: string."""
    hs_revenue_range: str | None = None
    """Revenue range: string."""
    hs_industry_group: str | None = None
    """Industry group: string."""
    hs_linkedin_handle: str | None = None
    """Linkedin handle: string."""
    hs_logo_url: str | None = None
    """Logo URL: string."""
    web_technologies: str | None = None
    """Web Technologies: enumeration."""
    closedate: object = None
    """Close Date: datetime."""


class Lead(TypedRecord):
    """A HubSpot lead; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "hs_lead_name": "text",
        "hs_lead_type": "text",
        "hs_lead_label": "text",
        "hs_pipeline": "text",
        "hs_pipeline_stage": "text",
        "hubspot_owner_id": "text",
    }

    hs_lead_name: str | None = None
    """Lead Name: string, required."""
    hs_lead_type: str | None = None
    """Lead Type: enumeration."""
    hs_lead_label: str | None = None
    """Lead Label: enumeration."""
    hs_pipeline: str | None = None
    """Lead Pipeline: enumeration."""
    hs_pipeline_stage: str | None = None
    """Lead Pipeline Stage: enumeration."""
    hubspot_owner_id: str | None = None
    """Lead Owner: enumeration."""


class Deal(TypedRecord):
    """A HubSpot deal; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "dealname": "text",
        "dealstage": "text",
        "pipeline": "text",
        "amount": "numeric",
        "closedate": "any",
        "dealtype": "text",
        "description": "text",
        "hubspot_owner_id": "text",
        "hs_priority": "text",
        "hs_next_step": "text",
        "deal_currency_code": "text",
        "closed_lost_reason": "text",
        "closed_won_reason": "text",
        "hs_manual_forecast_category": "text",
        "hs_deal_stage_probability": "numeric",
        "hs_forecast_probability": "numeric",
        "hs_deal_amount_calculation_preference": "text",
        "createdate": "any",
    }

    dealname: str | None = None
    """Deal Name: string, required."""
    dealstage: str | None = None
    """Deal Stage: enumeration, required."""
    pipeline: str | None = None
    """Pipeline: enumeration."""
    amount: float | Decimal | str | None = None
    """Amount: number."""
    closedate: object = None
    """Close Date: datetime."""
    dealtype: str | None = None
    """Deal Type: enumeration."""
    description: str | None = None
    """Deal Description: string."""
    hubspot_owner_id: str | None = None
    """Deal owner: enumeration."""
    hs_priority: str | None = None
    """Priority: enumeration."""
    hs_next_step: str | None = None
    """Next step: string."""
    deal_currency_code: str | None = None
    """Currency: enumeration."""
    closed_lost_reason: str | None = None
    """Closed Lost Reason: string."""
    closed_won_reason: str | None = None
    """Closed Won Reason: string."""
    hs_manual_forecast_category: str | None = None
    """Forecast category: enumeration."""
    hs_deal_stage_probability: float | Decimal | str | None = None
    """Deal probability: number."""
    hs_forecast_probability: float | Decimal | str | None = None
    """Forecast probability: number."""
    hs_deal_amount_calculation_preference: str | None = None
    """Deal amount calculation preference: enumeration."""
    createdate: object = None
    """Create Date: datetime."""

# Made by scripts/generate_records.py from facts/*.json: change those.
"""Records of SugarCRM whose fields are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._typed import TypedRecord

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal


class Contact(TypedRecord):
    """A SugarCRM contact, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "first_name": "text",
        "last_name": "text",
        "salutation": "text",
        "title": "text",
        "department": "text",
        "email": "list",
        "email1": "text",
        "email2": "text",
        "email_opt_out": "flag",
        "invalid_email": "flag",
        "phone_work": "text",
        "phone_mobile": "text",
        "phone_home": "text",
        "phone_other": "text",
        "phone_fax": "text",
        "account_name": "text",
        "account_id": "text",
        "lead_source": "text",
        "birthdate": "date",
        "do_not_call": "flag",
        "description": "text",
        "assistant": "text",
        "assistant_phone": "text",
        "reports_to_id": "text",
        "report_to_name": "text",
        "primary_address_street": "text",
        "primary_address_city": "text",
        "primary_address_state": "text",
        "primary_address_postalcode": "text",
        "primary_address_country": "text",
        "alt_address_street": "text",
        "alt_address_city": "text",
        "alt_address_state": "text",
        "alt_address_postalcode": "text",
        "alt_address_country": "text",
        "facebook": "text",
        "twitter": "text",
        "googleplus": "text",
        "preferred_language": "text",
        "campaign_id": "text",
        "campaign_name": "text",
        "portal_name": "text",
        "portal_active": "flag",
        "dnb_principal_id": "text",
        "dp_business_purpose": "any",
        "dp_consent_last_updated": "date",
        "picture": "any",
        "tag": "any",
        "team_name": "text",
        "assigned_user_id": "text",
        "assigned_user_name": "text",
        "id": "text",
    }

    first_name: str | None = None
    """First Name: varchar, up to 255 characters."""
    last_name: str | None = None
    """Last Name: varchar, required, up to 255 characters."""
    salutation: str | None = None
    """Salutation: enum, up to 255 characters."""
    title: str | None = None
    """Title: varchar, up to 100 characters."""
    department: str | None = None
    """Department: varchar, up to 255 characters."""
    email: Sequence[object] | None = None
    """Email Address: email, up to 100 characters."""
    email1: str | None = None
    """Email Address: varchar."""
    email2: str | None = None
    """Other Email: varchar."""
    email_opt_out: bool | str | None = None
    """Email Opt Out: bool."""
    invalid_email: bool | str | None = None
    """Invalid Email: bool."""
    phone_work: str | None = None
    """Office Phone: phone, up to 100 characters."""
    phone_mobile: str | None = None
    """Mobile: phone, up to 100 characters."""
    phone_home: str | None = None
    """Home: phone, up to 100 characters."""
    phone_other: str | None = None
    """Other Phone: phone, up to 100 characters."""
    phone_fax: str | None = None
    """Fax: phone, up to 100 characters."""
    account_name: str | None = None
    """Account Name: relate, up to 255 characters, an id of Accounts."""
    account_id: str | None = None
    """Account ID: relate, an id of Accounts."""
    lead_source: str | None = None
    """Lead Source: enum, up to 255 characters."""
    birthdate: dt.date | str | None = None
    """Birthdate: date."""
    do_not_call: bool | str | None = None
    """Do Not Call: bool."""
    description: str | None = None
    """Description: text."""
    assistant: str | None = None
    """Assistant: varchar, up to 75 characters."""
    assistant_phone: str | None = None
    """Assistant Phone: phone, up to 100 characters."""
    reports_to_id: str | None = None
    """Reports to ID: id, an id of Contacts."""
    report_to_name: str | None = None
    """Reports To: relate, an id of Contacts."""
    primary_address_street: str | None = None
    """Primary Address Street: text."""
    primary_address_city: str | None = None
    """Primary Address City: varchar, up to 100 characters."""
    primary_address_state: str | None = None
    """Primary Address State: varchar, up to 100 characters."""
    primary_address_postalcode: str | None = None
    """Primary Address Postal Code: varchar, up to 20 characters."""
    primary_address_country: str | None = None
    """Primary Address Country: varchar."""
    alt_address_street: str | None = None
    """Alternate Address Street: text."""
    alt_address_city: str | None = None
    """Alternate Address City: varchar, up to 100 characters."""
    alt_address_state: str | None = None
    """Alternate Address State: varchar, up to 100 characters."""
    alt_address_postalcode: str | None = None
    """Alternate Address Postal Code: varchar, up to 20 characters."""
    alt_address_country: str | None = None
    """Alternate Address Country: varchar."""
    facebook: str | None = None
    """Facebook Account: varchar, up to 100 characters."""
    twitter: str | None = None
    """Twitter Account: varchar, up to 100 characters."""
    googleplus: str | None = None
    """Google Plus ID: varchar, up to 100 characters."""
    preferred_language: str | None = None
    """Language Preference: enum."""
    campaign_id: str | None = None
    """Campaign ID: id, an id of Campaigns."""
    campaign_name: str | None = None
    """Campaign: relate, an id of Campaigns."""
    portal_name: str | None = None
    """Portal Name: username, up to 255 characters."""
    portal_active: bool | str | None = None
    """Portal Active: bool."""
    dnb_principal_id: str | None = None
    """D&B Principal Id: varchar, up to 30 characters."""
    dp_business_purpose: object = None
    """Business Purposes Consented for: multienum, up to 255 characters."""
    dp_consent_last_updated: dt.date | str | None = None
    """Consent Last Updated: date."""
    picture: object = None
    """Avatar: image, up to 255 characters."""
    tag: object = None
    """Tags: tag."""
    team_name: str | None = None
    """Teams: relate."""
    assigned_user_id: str | None = None
    """Assigned User: id, an id of Users."""
    assigned_user_name: str | None = None
    """Assigned to: relate, an id of Users."""
    id: str | None = None
    """ID: id."""


class Company(TypedRecord):
    """A SugarCRM company, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "name": "text",
        "account_type": "text",
        "industry": "text",
        "website": "text",
        "email": "list",
        "email1": "text",
        "phone_office": "text",
        "phone_alternate": "text",
        "phone_fax": "text",
        "annual_revenue": "text",
        "employees": "text",
        "ownership": "text",
        "rating": "text",
        "ticker_symbol": "text",
        "sic_code": "text",
        "duns_num": "text",
        "service_level": "text",
        "parent_id": "text",
        "parent_name": "text",
        "description": "text",
        "billing_address_street": "text",
        "billing_address_city": "text",
        "billing_address_state": "text",
        "billing_address_postalcode": "text",
        "billing_address_country": "text",
        "shipping_address_street": "text",
        "shipping_address_city": "text",
        "shipping_address_state": "text",
        "shipping_address_postalcode": "text",
        "shipping_address_country": "text",
        "facebook": "text",
        "twitter": "text",
        "googleplus": "text",
        "campaign_id": "text",
        "campaign_name": "text",
        "tag": "any",
        "team_name": "text",
        "assigned_user_id": "text",
        "assigned_user_name": "text",
        "id": "text",
    }

    name: str | None = None
    """Name: name, required, up to 255 characters."""
    account_type: str | None = None
    """Type: enum, up to 50 characters."""
    industry: str | None = None
    """Industry: enum, up to 50 characters."""
    website: str | None = None
    """Website: url, up to 255 characters."""
    email: Sequence[object] | None = None
    """Email Address: email, up to 100 characters."""
    email1: str | None = None
    """Email Address: varchar."""
    phone_office: str | None = None
    """Office Phone: phone, up to 100 characters."""
    phone_alternate: str | None = None
    """Alternate Phone: phone, up to 100 characters."""
    phone_fax: str | None = None
    """Fax: phone, up to 100 characters."""
    annual_revenue: str | None = None
    """Annual Revenue: varchar, up to 100 characters."""
    employees: str | None = None
    """Employees: varchar, up to 10 characters."""
    ownership: str | None = None
    """Ownership: varchar, up to 100 characters."""
    rating: str | None = None
    """Rating: varchar, up to 100 characters."""
    ticker_symbol: str | None = None
    """Ticker Symbol: varchar, up to 10 characters."""
    sic_code: str | None = None
    """SIC Code: varchar, up to 10 characters."""
    duns_num: str | None = None
    """DUNS: varchar, up to 15 characters."""
    service_level: str | None = None
    """Service Level: enum."""
    parent_id: str | None = None
    """Parent Account ID: id, an id of Accounts."""
    parent_name: str | None = None
    """Member of: relate, an id of Accounts."""
    description: str | None = None
    """Description: text."""
    billing_address_street: str | None = None
    """Billing Street: text."""
    billing_address_city: str | None = None
    """Billing City: varchar, up to 100 characters."""
    billing_address_state: str | None = None
    """Billing State: varchar, up to 100 characters."""
    billing_address_postalcode: str | None = None
    """Billing Postal Code: varchar, up to 20 characters."""
    billing_address_country: str | None = None
    """Billing Country: varchar."""
    shipping_address_street: str | None = None
    """Shipping Street: text."""
    shipping_address_city: str | None = None
    """Shipping City: varchar, up to 100 characters."""
    shipping_address_state: str | None = None
    """Shipping State: varchar, up to 100 characters."""
    shipping_address_postalcode: str | None = None
    """Shipping Postal Code: varchar, up to 20 characters."""
    shipping_address_country: str | None = None
    """Shipping Country: varchar."""
    facebook: str | None = None
    """Facebook Account: varchar, up to 100 characters."""
    twitter: str | None = None
    """Twitter Account: varchar, up to 100 characters."""
    googleplus: str | None = None
    """Google Plus ID: varchar, up to 100 characters."""
    campaign_id: str | None = None
    """Campaign ID: id, an id of Campaigns."""
    campaign_name: str | None = None
    """Campaign: relate, an id of Campaigns."""
    tag: object = None
    """Tags: tag."""
    team_name: str | None = None
    """Teams: relate."""
    assigned_user_id: str | None = None
    """Assigned User: id, an id of Users."""
    assigned_user_name: str | None = None
    """Assigned to: relate, an id of Users."""
    id: str | None = None
    """ID: id."""


class Lead(TypedRecord):
    """A SugarCRM lead; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "last_name": "text",
        "first_name": "text",
        "salutation": "text",
        "title": "text",
        "department": "text",
        "email": "list",
        "email1": "text",
        "phone_work": "text",
        "phone_mobile": "text",
        "phone_home": "text",
        "phone_other": "text",
        "phone_fax": "text",
        "account_name": "text",
        "account_description": "text",
        "website": "text",
        "status": "text",
        "status_description": "text",
        "lead_source": "text",
        "lead_source_description": "text",
        "refered_by": "text",
        "opportunity_name": "text",
        "opportunity_amount": "text",
        "description": "text",
        "do_not_call": "flag",
        "birthdate": "date",
        "primary_address_street": "text",
        "primary_address_city": "text",
        "primary_address_state": "text",
        "primary_address_postalcode": "text",
        "primary_address_country": "text",
        "alt_address_street": "text",
        "alt_address_city": "text",
        "alt_address_state": "text",
        "alt_address_postalcode": "text",
        "alt_address_country": "text",
        "assistant": "text",
        "assistant_phone": "text",
        "twitter": "text",
        "facebook": "text",
        "preferred_language": "text",
        "campaign_id": "text",
        "converted": "flag",
        "contact_id": "text",
        "account_id": "text",
        "opportunity_id": "text",
        "tag": "any",
        "team_name": "text",
        "assigned_user_id": "text",
        "assigned_user_name": "text",
        "id": "text",
    }

    last_name: str | None = None
    """Last Name: varchar, required, up to 255 characters."""
    first_name: str | None = None
    """First Name: varchar, up to 255 characters."""
    salutation: str | None = None
    """Salutation: enum, up to 255 characters."""
    title: str | None = None
    """Title: varchar, up to 100 characters."""
    department: str | None = None
    """Department: varchar, up to 100 characters."""
    email: Sequence[object] | None = None
    """Email Address: email, up to 100 characters."""
    email1: str | None = None
    """Email Address: varchar."""
    phone_work: str | None = None
    """Office Phone: phone, up to 100 characters."""
    phone_mobile: str | None = None
    """Mobile: phone, up to 100 characters."""
    phone_home: str | None = None
    """Home Phone: phone, up to 100 characters."""
    phone_other: str | None = None
    """Other Phone: phone, up to 100 characters."""
    phone_fax: str | None = None
    """Fax: phone, up to 100 characters."""
    account_name: str | None = None
    """Account Name: varchar, up to 255 characters."""
    account_description: str | None = None
    """Account Description: text."""
    website: str | None = None
    """Website: url, up to 255 characters."""
    status: str | None = None
    """Status: enum, up to 100 characters."""
    status_description: str | None = None
    """Status Description: text."""
    lead_source: str | None = None
    """Lead Source: enum, up to 100 characters."""
    lead_source_description: str | None = None
    """Lead Source Description: text."""
    refered_by: str | None = None
    """Referred By: varchar, up to 100 characters."""
    opportunity_name: str | None = None
    """Opportunity Name: varchar, up to 255 characters."""
    opportunity_amount: str | None = None
    """Opportunity Amount: varchar, up to 50 characters."""
    description: str | None = None
    """Description: text."""
    do_not_call: bool | str | None = None
    """Do Not Call: bool."""
    birthdate: dt.date | str | None = None
    """Birthdate: date."""
    primary_address_street: str | None = None
    """Primary Address Street: text."""
    primary_address_city: str | None = None
    """Primary Address City: varchar, up to 100 characters."""
    primary_address_state: str | None = None
    """Primary Address State: varchar, up to 100 characters."""
    primary_address_postalcode: str | None = None
    """Primary Address Postal Code: varchar, up to 20 characters."""
    primary_address_country: str | None = None
    """Primary Address Country: varchar."""
    alt_address_street: str | None = None
    """Alt Address Street: text."""
    alt_address_city: str | None = None
    """Alt Address City: varchar, up to 100 characters."""
    alt_address_state: str | None = None
    """Alt Address State: varchar, up to 100 characters."""
    alt_address_postalcode: str | None = None
    """Alt Address Postal Code: varchar, up to 20 characters."""
    alt_address_country: str | None = None
    """Alt Address Country: varchar."""
    assistant: str | None = None
    """Assistant: varchar, up to 75 characters."""
    assistant_phone: str | None = None
    """Assistant Phone: phone, up to 100 characters."""
    twitter: str | None = None
    """Twitter Account: varchar, up to 100 characters."""
    facebook: str | None = None
    """Facebook Account: varchar, up to 100 characters."""
    preferred_language: str | None = None
    """Language Preference: enum."""
    campaign_id: str | None = None
    """Campaign ID: id, an id of Campaigns."""
    converted: bool | str | None = None
    """Converted: bool."""
    contact_id: str | None = None
    """Contact ID: id, an id of Contacts."""
    account_id: str | None = None
    """Account ID: id, an id of Accounts."""
    opportunity_id: str | None = None
    """Opportunity ID: id, an id of Opportunities."""
    tag: object = None
    """Tags: tag."""
    team_name: str | None = None
    """Teams: relate."""
    assigned_user_id: str | None = None
    """Assigned User: id, an id of Users."""
    assigned_user_name: str | None = None
    """Assigned to: relate, an id of Users."""
    id: str | None = None
    """ID: id."""


class Deal(TypedRecord):
    """A SugarCRM deal; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "name": "text",
        "account_name": "text",
        "account_id": "text",
        "date_closed": "date",
        "sales_stage": "text",
        "probability": "numeric",
        "opportunity_type": "text",
        "lead_source": "text",
        "next_step": "text",
        "commit_stage": "text",
        "currency_id": "text",
        "campaign_id": "text",
        "description": "text",
        "tag": "any",
        "team_name": "text",
        "assigned_user_id": "text",
        "assigned_user_name": "text",
        "renewal": "flag",
        "total_revenue_line_items": "numeric",
        "id": "text",
    }

    name: str | None = None
    """Opportunity Name: name, required, up to 255 characters."""
    account_name: str | None = None
    """Account Name: relate, required, up to 255 characters, an id of Accounts."""
    account_id: str | None = None
    """Account ID: relate, an id of Accounts."""
    date_closed: dt.date | str | None = None
    """Expected Close Date: date."""
    sales_stage: str | None = None
    """Sales Stage: enum, up to 255 characters."""
    probability: float | Decimal | str | None = None
    """Probability (%): int."""
    opportunity_type: str | None = None
    """Type: enum, up to 255 characters."""
    lead_source: str | None = None
    """Lead Source: enum, up to 50 characters."""
    next_step: str | None = None
    """Next Step: varchar, up to 100 characters."""
    commit_stage: str | None = None
    """Forecast Stage: enum, up to 50 characters."""
    currency_id: str | None = None
    """Currency ID: currency_id."""
    campaign_id: str | None = None
    """campaign_id: id, an id of Campaigns."""
    description: str | None = None
    """Description: text."""
    tag: object = None
    """Tags: tag."""
    team_name: str | None = None
    """Teams: relate."""
    assigned_user_id: str | None = None
    """Assigned User: id, an id of Users."""
    assigned_user_name: str | None = None
    """Assigned to: relate, an id of Users."""
    renewal: bool | str | None = None
    """Renewal: bool."""
    total_revenue_line_items: float | Decimal | str | None = None
    """# of Total Revenue Line Items: int."""
    id: str | None = None
    """ID: id."""

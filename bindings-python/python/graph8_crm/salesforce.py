# Made by scripts/generate_records.py from facts/*.json: change those.
"""Records of Salesforce whose fields are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._typed import TypedRecord

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal


class Contact(TypedRecord):
    """A Salesforce contact, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "LastName": "text",
        "FirstName": "text",
        "Salutation": "text",
        "Email": "text",
        "AccountId": "text",
        "Title": "text",
        "Department": "text",
        "Phone": "text",
        "MobilePhone": "text",
        "HomePhone": "text",
        "OtherPhone": "text",
        "Fax": "text",
        "AssistantName": "text",
        "AssistantPhone": "text",
        "ReportsToId": "text",
        "LeadSource": "text",
        "Birthdate": "date",
        "Description": "text",
        "OwnerId": "text",
        "HasOptedOutOfEmail": "boolean",
        "HasOptedOutOfFax": "boolean",
        "DoNotCall": "boolean",
        "MailingStreet": "text",
        "MailingCity": "text",
        "MailingState": "text",
        "MailingPostalCode": "text",
        "MailingCountry": "text",
        "MailingLatitude": "number",
        "MailingLongitude": "number",
        "MailingGeocodeAccuracy": "text",
        "OtherStreet": "text",
        "OtherCity": "text",
        "OtherState": "text",
        "OtherPostalCode": "text",
        "OtherCountry": "text",
        "OtherLatitude": "number",
        "OtherLongitude": "number",
        "OtherGeocodeAccuracy": "text",
        "Jigsaw": "text",
        "CleanStatus": "text",
        "EmailBouncedReason": "text",
        "EmailBouncedDate": "datetime",
    }

    LastName: str | None = None
    """Last Name: string, required, up to 80 characters."""
    FirstName: str | None = None
    """First Name: string, up to 40 characters."""
    Salutation: str | None = None
    """Salutation: picklist, up to 40 characters."""
    Email: str | None = None
    """Email: email, up to 80 characters."""
    AccountId: str | None = None
    """Account ID: reference, up to 18 characters, an id of Account."""
    Title: str | None = None
    """Title: string, up to 128 characters."""
    Department: str | None = None
    """Department: string, up to 80 characters."""
    Phone: str | None = None
    """Business Phone: phone, up to 40 characters."""
    MobilePhone: str | None = None
    """Mobile Phone: phone, up to 40 characters."""
    HomePhone: str | None = None
    """Home Phone: phone, up to 40 characters."""
    OtherPhone: str | None = None
    """Other Phone: phone, up to 40 characters."""
    Fax: str | None = None
    """Business Fax: phone, up to 40 characters."""
    AssistantName: str | None = None
    """Assistant's Name: string, up to 40 characters."""
    AssistantPhone: str | None = None
    """Asst. Phone: phone, up to 40 characters."""
    ReportsToId: str | None = None
    """Reports To ID: reference, up to 18 characters, an id of Contact."""
    LeadSource: str | None = None
    """Lead Source: picklist, up to 255 characters."""
    Birthdate: dt.date | str | None = None
    """Birthdate: date."""
    Description: str | None = None
    """Contact Description: textarea, up to 32,000 characters."""
    OwnerId: str | None = None
    """Owner ID: reference, up to 18 characters, an id of User."""
    HasOptedOutOfEmail: bool | None = None
    """Email Opt Out: boolean."""
    HasOptedOutOfFax: bool | None = None
    """Fax Opt Out: boolean."""
    DoNotCall: bool | None = None
    """Do Not Call: boolean."""
    MailingStreet: str | None = None
    """Mailing Street: textarea, up to 255 characters."""
    MailingCity: str | None = None
    """Mailing City: string, up to 40 characters."""
    MailingState: str | None = None
    """Mailing State/Province: string, up to 80 characters."""
    MailingPostalCode: str | None = None
    """Mailing Zip/Postal Code: string, up to 20 characters."""
    MailingCountry: str | None = None
    """Mailing Country: string, up to 80 characters."""
    MailingLatitude: float | Decimal | None = None
    """Mailing Latitude: double."""
    MailingLongitude: float | Decimal | None = None
    """Mailing Longitude: double."""
    MailingGeocodeAccuracy: str | None = None
    """Mailing Geocode Accuracy: picklist, up to 40 characters."""
    OtherStreet: str | None = None
    """Other Street: textarea, up to 255 characters."""
    OtherCity: str | None = None
    """Other City: string, up to 40 characters."""
    OtherState: str | None = None
    """Other State/Province: string, up to 80 characters."""
    OtherPostalCode: str | None = None
    """Other Zip/Postal Code: string, up to 20 characters."""
    OtherCountry: str | None = None
    """Other Country: string, up to 80 characters."""
    OtherLatitude: float | Decimal | None = None
    """Other Latitude: double."""
    OtherLongitude: float | Decimal | None = None
    """Other Longitude: double."""
    OtherGeocodeAccuracy: str | None = None
    """Other Geocode Accuracy: picklist, up to 40 characters."""
    Jigsaw: str | None = None
    """Data.com Key: string, up to 20 characters."""
    CleanStatus: str | None = None
    """Clean Status: picklist, up to 40 characters."""
    EmailBouncedReason: str | None = None
    """Email Bounced Reason: string, up to 255 characters."""
    EmailBouncedDate: dt.datetime | str | None = None
    """Email Bounced Date: datetime."""


class Company(TypedRecord):
    """A Salesforce company, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "Name": "text",
        "Type": "text",
        "Industry": "text",
        "Website": "text",
        "Phone": "text",
        "Fax": "text",
        "AccountNumber": "text",
        "AnnualRevenue": "number",
        "NumberOfEmployees": "integer",
        "Ownership": "text",
        "Rating": "text",
        "Site": "text",
        "TickerSymbol": "text",
        "Sic": "text",
        "SicDesc": "text",
        "AccountSource": "text",
        "Description": "text",
        "ParentId": "text",
        "OwnerId": "text",
        "BillingStreet": "text",
        "BillingCity": "text",
        "BillingState": "text",
        "BillingPostalCode": "text",
        "BillingCountry": "text",
        "BillingLatitude": "number",
        "BillingLongitude": "number",
        "BillingGeocodeAccuracy": "text",
        "ShippingStreet": "text",
        "ShippingCity": "text",
        "ShippingState": "text",
        "ShippingPostalCode": "text",
        "ShippingCountry": "text",
        "ShippingLatitude": "number",
        "ShippingLongitude": "number",
        "ShippingGeocodeAccuracy": "text",
        "Jigsaw": "text",
        "CleanStatus": "text",
        "DunsNumber": "text",
        "Tradestyle": "text",
        "NaicsCode": "text",
        "NaicsDesc": "text",
        "YearStarted": "text",
    }

    Name: str | None = None
    """Account Name: string, required, up to 255 characters."""
    Type: str | None = None
    """Account Type: picklist, up to 255 characters."""
    Industry: str | None = None
    """Industry: picklist, up to 255 characters."""
    Website: str | None = None
    """Website: url, up to 255 characters."""
    Phone: str | None = None
    """Account Phone: phone, up to 40 characters."""
    Fax: str | None = None
    """Account Fax: phone, up to 40 characters."""
    AccountNumber: str | None = None
    """Account Number: string, up to 40 characters."""
    AnnualRevenue: float | Decimal | None = None
    """Annual Revenue: currency."""
    NumberOfEmployees: int | None = None
    """Employees: int."""
    Ownership: str | None = None
    """Ownership: picklist, up to 255 characters."""
    Rating: str | None = None
    """Account Rating: picklist, up to 255 characters."""
    Site: str | None = None
    """Account Site: string, up to 80 characters."""
    TickerSymbol: str | None = None
    """Ticker Symbol: string, up to 20 characters."""
    Sic: str | None = None
    """SIC Code: string, up to 20 characters."""
    SicDesc: str | None = None
    """SIC Description: string, up to 80 characters."""
    AccountSource: str | None = None
    """Account Source: picklist, up to 255 characters."""
    Description: str | None = None
    """Account Description: textarea, up to 32,000 characters."""
    ParentId: str | None = None
    """Parent Account ID: reference, up to 18 characters, an id of Account."""
    OwnerId: str | None = None
    """Owner ID: reference, up to 18 characters, an id of User."""
    BillingStreet: str | None = None
    """Billing Street: textarea, up to 255 characters."""
    BillingCity: str | None = None
    """Billing City: string, up to 40 characters."""
    BillingState: str | None = None
    """Billing State/Province: string, up to 80 characters."""
    BillingPostalCode: str | None = None
    """Billing Zip/Postal Code: string, up to 20 characters."""
    BillingCountry: str | None = None
    """Billing Country: string, up to 80 characters."""
    BillingLatitude: float | Decimal | None = None
    """Billing Latitude: double."""
    BillingLongitude: float | Decimal | None = None
    """Billing Longitude: double."""
    BillingGeocodeAccuracy: str | None = None
    """Billing Geocode Accuracy: picklist, up to 40 characters."""
    ShippingStreet: str | None = None
    """Shipping Street: textarea, up to 255 characters."""
    ShippingCity: str | None = None
    """Shipping City: string, up to 40 characters."""
    ShippingState: str | None = None
    """Shipping State/Province: string, up to 80 characters."""
    ShippingPostalCode: str | None = None
    """Shipping Zip/Postal Code: string, up to 20 characters."""
    ShippingCountry: str | None = None
    """Shipping Country: string, up to 80 characters."""
    ShippingLatitude: float | Decimal | None = None
    """Shipping Latitude: double."""
    ShippingLongitude: float | Decimal | None = None
    """Shipping Longitude: double."""
    ShippingGeocodeAccuracy: str | None = None
    """Shipping Geocode Accuracy: picklist, up to 40 characters."""
    Jigsaw: str | None = None
    """Data.com Key: string, up to 20 characters."""
    CleanStatus: str | None = None
    """Clean Status: picklist, up to 40 characters."""
    DunsNumber: str | None = None
    """D-U-N-S Number: string, up to 9 characters."""
    Tradestyle: str | None = None
    """Tradestyle: string, up to 255 characters."""
    NaicsCode: str | None = None
    """NAICS Code: string, up to 8 characters."""
    NaicsDesc: str | None = None
    """NAICS Description: string, up to 120 characters."""
    YearStarted: str | None = None
    """Year Started: string, up to 4 characters."""


class Lead(TypedRecord):
    """A Salesforce lead; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "LastName": "text",
        "Company": "text",
        "FirstName": "text",
        "Salutation": "text",
        "Email": "text",
        "Title": "text",
        "Phone": "text",
        "MobilePhone": "text",
        "Fax": "text",
        "Website": "text",
        "Status": "text",
        "LeadSource": "text",
        "Industry": "text",
        "Rating": "text",
        "AnnualRevenue": "number",
        "NumberOfEmployees": "integer",
        "Description": "text",
        "Street": "text",
        "City": "text",
        "State": "text",
        "PostalCode": "text",
        "Country": "text",
        "Latitude": "number",
        "Longitude": "number",
        "GeocodeAccuracy": "text",
        "OwnerId": "text",
        "IsUnreadByOwner": "boolean",
        "Jigsaw": "text",
    }

    LastName: str | None = None
    """Last Name: string, required, up to 80 characters."""
    Company: str | None = None
    """Company: string, required, up to 255 characters."""
    FirstName: str | None = None
    """First Name: string, up to 40 characters."""
    Salutation: str | None = None
    """Salutation: picklist, up to 40 characters."""
    Email: str | None = None
    """Email: email, up to 80 characters."""
    Title: str | None = None
    """Title: string, up to 128 characters."""
    Phone: str | None = None
    """Phone: phone, up to 40 characters."""
    MobilePhone: str | None = None
    """Mobile Phone: phone, up to 40 characters."""
    Fax: str | None = None
    """Fax: phone, up to 40 characters."""
    Website: str | None = None
    """Website: url, up to 255 characters."""
    Status: str | None = None
    """Lead Status: picklist, up to 255 characters."""
    LeadSource: str | None = None
    """Lead Source: picklist, up to 255 characters."""
    Industry: str | None = None
    """Industry: picklist, up to 255 characters."""
    Rating: str | None = None
    """Rating: picklist, up to 255 characters."""
    AnnualRevenue: float | Decimal | None = None
    """Annual Revenue: currency."""
    NumberOfEmployees: int | None = None
    """Employees: int."""
    Description: str | None = None
    """Description: textarea, up to 32,000 characters."""
    Street: str | None = None
    """Street: textarea, up to 255 characters."""
    City: str | None = None
    """City: string, up to 40 characters."""
    State: str | None = None
    """State/Province: string, up to 80 characters."""
    PostalCode: str | None = None
    """Zip/Postal Code: string, up to 20 characters."""
    Country: str | None = None
    """Country: string, up to 80 characters."""
    Latitude: float | Decimal | None = None
    """Latitude: double."""
    Longitude: float | Decimal | None = None
    """Longitude: double."""
    GeocodeAccuracy: str | None = None
    """Geocode Accuracy: picklist, up to 40 characters."""
    OwnerId: str | None = None
    """Owner ID: reference, up to 18 characters, an id of Group or User."""
    IsUnreadByOwner: bool | None = None
    """Unread By Owner: boolean."""
    Jigsaw: str | None = None
    """Data.com Key: string, up to 20 characters."""


class Deal(TypedRecord):
    """A Salesforce deal; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "Name": "text",
        "StageName": "text",
        "CloseDate": "date",
        "Amount": "number",
        "AccountId": "text",
        "ContactId": "text",
        "CampaignId": "text",
        "Pricebook2Id": "text",
        "OwnerId": "text",
        "Probability": "number",
        "Type": "text",
        "NextStep": "text",
        "LeadSource": "text",
        "ForecastCategoryName": "text",
        "TotalOpportunityQuantity": "number",
        "Description": "text",
    }

    Name: str | None = None
    """Name: string, required, up to 120 characters."""
    StageName: str | None = None
    """Stage: picklist, required, up to 255 characters."""
    CloseDate: dt.date | str | None = None
    """Close Date: date, required."""
    Amount: float | Decimal | None = None
    """Amount: currency."""
    AccountId: str | None = None
    """Account ID: reference, up to 18 characters, an id of Account."""
    ContactId: str | None = None
    """Contact ID: reference, up to 18 characters, an id of Contact."""
    CampaignId: str | None = None
    """Campaign ID: reference, up to 18 characters, an id of Campaign."""
    Pricebook2Id: str | None = None
    """Price Book ID: reference, up to 18 characters, an id of Pricebook2."""
    OwnerId: str | None = None
    """Owner ID: reference, up to 18 characters, an id of User."""
    Probability: float | Decimal | None = None
    """Probability (%): percent."""
    Type: str | None = None
    """Opportunity Type: picklist, up to 255 characters."""
    NextStep: str | None = None
    """Next Step: string, up to 255 characters."""
    LeadSource: str | None = None
    """Lead Source: picklist, up to 255 characters."""
    ForecastCategoryName: str | None = None
    """Forecast Category: picklist, up to 255 characters."""
    TotalOpportunityQuantity: float | Decimal | None = None
    """Quantity: double."""
    Description: str | None = None
    """Description: textarea, up to 32,000 characters."""

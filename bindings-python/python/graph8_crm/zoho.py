# Made by scripts/generate_records.py from facts/*.json: change those.
"""Records of Zoho whose fields are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._typed import TypedRecord

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal


class Contact(TypedRecord):
    """A Zoho contact, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "Last_Name": "text",
        "First_Name": "text",
        "Salutation": "text",
        "Email": "text",
        "Secondary_Email": "text",
        "Account_Name": "any",
        "Vendor_Name": "any",
        "Title": "text",
        "Department": "text",
        "Phone": "text",
        "Mobile": "text",
        "Home_Phone": "text",
        "Other_Phone": "text",
        "Fax": "text",
        "Assistant": "text",
        "Asst_Phone": "text",
        "Reporting_To": "any",
        "Lead_Source": "text",
        "Date_of_Birth": "date",
        "Email_Opt_Out": "boolean",
        "Skype_ID": "text",
        "Twitter": "text",
        "Mailing_Street": "text",
        "Mailing_City": "text",
        "Mailing_State": "text",
        "Mailing_Zip": "text",
        "Mailing_Country": "text",
        "Other_Street": "text",
        "Other_City": "text",
        "Other_State": "text",
        "Other_Zip": "text",
        "Other_Country": "text",
        "Description": "text",
        "Owner": "any",
        "Tag": "list",
    }

    Last_Name: str | None = None
    """Last Name: text, required, up to 80 characters."""
    First_Name: str | None = None
    """First Name: text, up to 40 characters."""
    Salutation: str | None = None
    """Salutation: picklist."""
    Email: str | None = None
    """Email: email, up to 100 characters."""
    Secondary_Email: str | None = None
    """Secondary Email: email, up to 100 characters."""
    Account_Name: object = None
    """Account Name: lookup, an id of Accounts."""
    Vendor_Name: object = None
    """Vendor Name: lookup, an id of Vendors."""
    Title: str | None = None
    """Title: text, up to 100 characters."""
    Department: str | None = None
    """Department: text, up to 50 characters."""
    Phone: str | None = None
    """Phone: phone, up to 50 characters."""
    Mobile: str | None = None
    """Mobile: phone, up to 30 characters."""
    Home_Phone: str | None = None
    """Home Phone: phone, up to 30 characters."""
    Other_Phone: str | None = None
    """Other Phone: phone, up to 30 characters."""
    Fax: str | None = None
    """Fax: text, up to 30 characters."""
    Assistant: str | None = None
    """Assistant: text, up to 50 characters."""
    Asst_Phone: str | None = None
    """Asst Phone: phone, up to 30 characters."""
    Reporting_To: object = None
    """Reporting To: lookup, an id of Contacts."""
    Lead_Source: str | None = None
    """Lead Source: picklist."""
    Date_of_Birth: dt.date | str | None = None
    """Date of Birth: date."""
    Email_Opt_Out: bool | None = None
    """Email Opt Out: boolean."""
    Skype_ID: str | None = None
    """Skype ID: text, up to 50 characters."""
    Twitter: str | None = None
    """Twitter: text, up to 50 characters."""
    Mailing_Street: str | None = None
    """Mailing Street: text, up to 250 characters."""
    Mailing_City: str | None = None
    """Mailing City: text, up to 100 characters."""
    Mailing_State: str | None = None
    """Mailing State: text, up to 100 characters."""
    Mailing_Zip: str | None = None
    """Mailing Zip: text, up to 30 characters."""
    Mailing_Country: str | None = None
    """Mailing Country: text, up to 100 characters."""
    Other_Street: str | None = None
    """Other Street: text, up to 250 characters."""
    Other_City: str | None = None
    """Other City: text, up to 100 characters."""
    Other_State: str | None = None
    """Other State: text, up to 100 characters."""
    Other_Zip: str | None = None
    """Other Zip: text, up to 30 characters."""
    Other_Country: str | None = None
    """Other Country: text, up to 100 characters."""
    Description: str | None = None
    """Description: textarea, up to 32,000 characters."""
    Owner: object = None
    """Contact Owner: ownerlookup."""
    Tag: Sequence[object] | None = None
    """Tag: text."""


class Company(TypedRecord):
    """A Zoho company, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "Account_Name": "text",
        "Website": "text",
        "Phone": "text",
        "Fax": "text",
        "Industry": "text",
        "Account_Type": "text",
        "Ownership": "text",
        "Rating": "text",
        "Employees": "integer",
        "Annual_Revenue": "number",
        "Account_Number": "any",
        "Account_Site": "text",
        "Ticker_Symbol": "text",
        "SIC_Code": "integer",
        "Parent_Account": "any",
        "Billing_Street": "text",
        "Billing_City": "text",
        "Billing_State": "text",
        "Billing_Code": "text",
        "Billing_Country": "text",
        "Shipping_Street": "text",
        "Shipping_City": "text",
        "Shipping_State": "text",
        "Shipping_Code": "text",
        "Shipping_Country": "text",
        "Description": "text",
        "Owner": "any",
        "Currency": "text",
        "Exchange_Rate": "number",
        "Tag": "list",
    }

    Account_Name: str | None = None
    """Account Name: text, required, up to 200 characters."""
    Website: str | None = None
    """Website: website, up to 255 characters."""
    Phone: str | None = None
    """Phone: phone, up to 30 characters."""
    Fax: str | None = None
    """Fax: text, up to 30 characters."""
    Industry: str | None = None
    """Industry: picklist."""
    Account_Type: str | None = None
    """Account Type: picklist."""
    Ownership: str | None = None
    """Ownership: picklist."""
    Rating: str | None = None
    """Rating: picklist."""
    Employees: int | None = None
    """Employees: integer."""
    Annual_Revenue: float | Decimal | None = None
    """Annual Revenue: currency."""
    Account_Number: object = None
    """Account Number: bigint."""
    Account_Site: str | None = None
    """Account Site: text, up to 80 characters."""
    Ticker_Symbol: str | None = None
    """Ticker Symbol: text, up to 30 characters."""
    SIC_Code: int | None = None
    """SIC Code: integer."""
    Parent_Account: object = None
    """Parent Account: lookup, an id of Accounts."""
    Billing_Street: str | None = None
    """Billing Street: text, up to 250 characters."""
    Billing_City: str | None = None
    """Billing City: text, up to 100 characters."""
    Billing_State: str | None = None
    """Billing State: text, up to 100 characters."""
    Billing_Code: str | None = None
    """Billing Code: text, up to 30 characters."""
    Billing_Country: str | None = None
    """Billing Country: text, up to 100 characters."""
    Shipping_Street: str | None = None
    """Shipping Street: text, up to 250 characters."""
    Shipping_City: str | None = None
    """Shipping City: text, up to 100 characters."""
    Shipping_State: str | None = None
    """Shipping State: text, up to 100 characters."""
    Shipping_Code: str | None = None
    """Shipping Code: text, up to 30 characters."""
    Shipping_Country: str | None = None
    """Shipping Country: text, up to 100 characters."""
    Description: str | None = None
    """Description: textarea, up to 32,000 characters."""
    Owner: object = None
    """Account Owner: ownerlookup."""
    Currency: str | None = None
    """Currency: picklist."""
    Exchange_Rate: float | Decimal | None = None
    """Exchange Rate: double."""
    Tag: Sequence[object] | None = None
    """Tag: text."""


class Lead(TypedRecord):
    """A Zoho lead; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "Owner": "any",
        "Company": "text",
        "First_Name": "text",
        "Last_Name": "text",
        "Designation": "text",
        "Email": "text",
        "Phone": "text",
        "Fax": "text",
        "Mobile": "text",
        "Website": "text",
        "Lead_Source": "text",
        "Lead_Status": "text",
        "Industry": "text",
        "No_of_Employees": "integer",
        "Annual_Revenue": "number",
        "Rating": "text",
        "Street": "text",
        "City": "text",
        "State": "text",
        "Zip_Code": "text",
        "Country": "text",
        "Description": "text",
        "Skype_ID": "text",
        "Email_Opt_Out": "boolean",
        "Salutation": "text",
        "Secondary_Email": "text",
        "Twitter": "text",
        "Tag": "list",
        "Last_Visited_Time": "datetime",
        "First_Visited_URL": "text",
        "Average_Time_Spent_Minutes": "number",
        "Number_Of_Chats": "integer",
        "Referrer": "text",
        "Visitor_Score": "any",
        "First_Visited_Time": "datetime",
        "Days_Visited": "integer",
    }

    Owner: object = None
    """Lead Owner: ownerlookup."""
    Company: str | None = None
    """Company: text, up to 200 characters."""
    First_Name: str | None = None
    """First Name: text, up to 40 characters."""
    Last_Name: str | None = None
    """Last Name: text, required, up to 80 characters."""
    Designation: str | None = None
    """Title: text, up to 100 characters."""
    Email: str | None = None
    """Email: email, up to 100 characters."""
    Phone: str | None = None
    """Phone: phone, up to 30 characters."""
    Fax: str | None = None
    """Fax: text, up to 30 characters."""
    Mobile: str | None = None
    """Mobile: phone, up to 30 characters."""
    Website: str | None = None
    """Website: website, up to 255 characters."""
    Lead_Source: str | None = None
    """Lead Source: picklist."""
    Lead_Status: str | None = None
    """Lead Status: picklist."""
    Industry: str | None = None
    """Industry: picklist."""
    No_of_Employees: int | None = None
    """No. of Employees: integer."""
    Annual_Revenue: float | Decimal | None = None
    """Annual Revenue: currency."""
    Rating: str | None = None
    """Rating: picklist."""
    Street: str | None = None
    """Street: text, up to 250 characters."""
    City: str | None = None
    """City: text, up to 100 characters."""
    State: str | None = None
    """State: text, up to 100 characters."""
    Zip_Code: str | None = None
    """Zip Code: text, up to 30 characters."""
    Country: str | None = None
    """Country: text, up to 100 characters."""
    Description: str | None = None
    """Description: textarea, up to 32,000 characters."""
    Skype_ID: str | None = None
    """Skype ID: text, up to 50 characters."""
    Email_Opt_Out: bool | None = None
    """Email Opt Out: boolean."""
    Salutation: str | None = None
    """Salutation: picklist."""
    Secondary_Email: str | None = None
    """Secondary Email: email, up to 100 characters."""
    Twitter: str | None = None
    """Twitter: text, up to 50 characters."""
    Tag: Sequence[object] | None = None
    """Tag: text."""
    Last_Visited_Time: dt.datetime | str | None = None
    """Most Recent Visit: datetime."""
    First_Visited_URL: str | None = None
    """First Page Visited: website, up to 3,000 characters."""
    Average_Time_Spent_Minutes: float | Decimal | None = None
    """Average Time Spent (Minutes): double."""
    Number_Of_Chats: int | None = None
    """Number Of Chats: integer."""
    Referrer: str | None = None
    """Referrer: website, up to 3,000 characters."""
    Visitor_Score: object = None
    """Visitor Score: bigint."""
    First_Visited_Time: dt.datetime | str | None = None
    """First Visit: datetime."""
    Days_Visited: int | None = None
    """Days Visited: integer."""


class Deal(TypedRecord):
    """A Zoho deal; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "Deal_Name": "text",
        "Stage": "text",
        "Closing_Date": "date",
        "Account_Name": "any",
        "Pipeline": "text",
        "Amount": "number",
        "Probability": "integer",
        "Contact_Name": "any",
        "Type": "text",
        "Next_Step": "text",
        "Lead_Source": "text",
        "Campaign_Source": "any",
        "Reason_For_Loss__s": "text",
        "Description": "text",
        "Owner": "any",
        "Territory": "any",
        "Tag": "list",
    }

    Deal_Name: str | None = None
    """Deal Name: text, required, up to 120 characters."""
    Stage: str | None = None
    """Stage: picklist, required."""
    Closing_Date: dt.date | str | None = None
    """Closing Date: date."""
    Account_Name: object = None
    """Account Name: lookup, an id of Accounts."""
    Pipeline: str | None = None
    """Pipeline: picklist."""
    Amount: float | Decimal | None = None
    """Amount: currency."""
    Probability: int | None = None
    """Probability (%): integer."""
    Contact_Name: object = None
    """Contact Name: lookup, an id of Contacts."""
    Type: str | None = None
    """Type: picklist."""
    Next_Step: str | None = None
    """Next Step: text, up to 100 characters."""
    Lead_Source: str | None = None
    """Lead Source: picklist."""
    Campaign_Source: object = None
    """Campaign Source: lookup, an id of Campaigns."""
    Reason_For_Loss__s: str | None = None
    """Reason For Loss: picklist."""
    Description: str | None = None
    """Description: textarea, up to 32,000 characters."""
    Owner: object = None
    """Deal Owner: ownerlookup."""
    Territory: object = None
    """Territory: lookup."""
    Tag: Sequence[object] | None = None
    """Tag: text."""

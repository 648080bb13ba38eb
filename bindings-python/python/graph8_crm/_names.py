"""The names that calls take and results hold."""

from typing import Literal

Provider = Literal["hubspot", "salesforce", "pipedrive", "zoho", "sugarcrm"]
"""A CRM."""

EntityType = Literal["contacts", "companies", "leads", "deals"]
"""What a CRM's fields are asked for."""

PushKind = Literal["contacts", "companies", "lists"]
"""What a push creates or changes."""

OnUnknown = Literal["report", "retry"]
"""What to do with a batch that was sent and got no trustworthy answer."""

OnError = Literal["continue", "stop"]
"""What to do when a record fails or its outcome is unknown."""

Unique = Literal["first", "error"]
"""What becomes of records that share an identity with an earlier one of the same push."""

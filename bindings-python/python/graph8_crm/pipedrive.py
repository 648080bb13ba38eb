# Made by scripts/generate_records.py from facts/*.json: change those.
"""Records of Pipedrive whose fields are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._typed import TypedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence


class Contact(TypedRecord):
    """A Pipedrive contact, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "name": "text",
        "emails": "list",
        "phones": "list",
        "org_id": "any",
        "owner_id": "any",
        "label_ids": "list",
        "visible_to": "any",
        "marketing_status": "any",
        "add_time": "any",
        "update_time": "any",
    }

    name: str | None = None
    """Name: varchar, required, up to 255 characters."""
    emails: Sequence[object] | None = None
    """Email: varchar."""
    phones: Sequence[object] | None = None
    """Phone: phone."""
    org_id: object = None
    """Organization: org, an id of organizations."""
    owner_id: object = None
    """Owner: user, an id of users."""
    label_ids: Sequence[object] | None = None
    """Labels: set."""
    visible_to: object = None
    """Visible to: visible_to."""
    marketing_status: object = None
    """Marketing status: enum."""
    add_time: object = None
    """Person created: date."""
    update_time: object = None
    """Update time: date."""


class Company(TypedRecord):
    """A Pipedrive company, as it is created."""

    _kinds: ClassVar[dict[str, str]] = {
        "name": "text",
        "owner_id": "any",
        "address": "any",
        "label_ids": "list",
        "visible_to": "any",
        "add_time": "any",
        "update_time": "any",
        "website": "text",
        "linkedin": "text",
        "industry": "any",
        "annual_revenue": "any",
        "employee_count": "integer",
    }

    name: str | None = None
    """Name: varchar, required, up to 255 characters."""
    owner_id: object = None
    """Owner: user, an id of users."""
    address: object = None
    """Address: address."""
    label_ids: Sequence[object] | None = None
    """Labels: set."""
    visible_to: object = None
    """Visible to: visible_to."""
    add_time: object = None
    """Organization created: date."""
    update_time: object = None
    """Update time: date."""
    website: str | None = None
    """Website: varchar."""
    linkedin: str | None = None
    """LinkedIn profile: varchar."""
    industry: object = None
    """Industry: enum."""
    annual_revenue: object = None
    """Annual revenue: monetary."""
    employee_count: int | None = None
    """Number of employees: int."""


class Lead(TypedRecord):
    """A Pipedrive lead; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "title": "text",
        "person_id": "any",
        "organization_id": "any",
        "owner_id": "any",
        "label_ids": "list",
        "value": "any",
        "expected_close_date": "any",
        "visible_to": "any",
        "was_seen": "boolean",
        "origin_id": "text",
        "channel": "any",
        "channel_id": "text",
    }

    title: str | None = None
    """Title: varchar, required, up to 255 characters."""
    person_id: object = None
    """Contact person: people, an id of persons."""
    organization_id: object = None
    """Organization: org, an id of organizations."""
    owner_id: object = None
    """Owner: user, an id of users."""
    label_ids: Sequence[object] | None = None
    """Labels: set."""
    value: object = None
    """Value: monetary."""
    expected_close_date: object = None
    """Expected close date: date."""
    visible_to: object = None
    """Visible to: visible_to."""
    was_seen: bool | None = None
    """Seen: boolean."""
    origin_id: str | None = None
    """Source origin ID: varchar."""
    channel: object = None
    """Source channel: enum."""
    channel_id: str | None = None
    """Source channel ID: varchar."""


class Deal(TypedRecord):
    """A Pipedrive deal; it names fields, as no push creates one."""

    _kinds: ClassVar[dict[str, str]] = {
        "title": "text",
        "value": "any",
        "currency": "text",
        "person_id": "any",
        "org_id": "any",
        "owner_id": "any",
        "pipeline_id": "any",
        "stage_id": "any",
        "status": "text",
        "expected_close_date": "any",
        "probability": "integer",
        "lost_reason": "any",
        "label_ids": "list",
        "visible_to": "any",
        "add_time": "any",
        "close_time": "any",
        "won_time": "any",
        "lost_time": "any",
        "is_archived": "boolean",
        "archive_time": "any",
    }

    title: str | None = None
    """Title: varchar, required, up to 255 characters."""
    value: object = None
    """Value: monetary."""
    currency: str | None = None
    """Currency: varchar, up to 3 characters."""
    person_id: object = None
    """Contact person: people, an id of persons."""
    org_id: object = None
    """Organization: org, an id of organizations."""
    owner_id: object = None
    """Owner: user, an id of users."""
    pipeline_id: object = None
    """Pipeline: double."""
    stage_id: object = None
    """Stage: stage."""
    status: str | None = None
    """Status: status."""
    expected_close_date: object = None
    """Expected close date: date."""
    probability: int | None = None
    """Probability: int."""
    lost_reason: object = None
    """Lost reason: varchar_options."""
    label_ids: Sequence[object] | None = None
    """Label: set."""
    visible_to: object = None
    """Visible to: visible_to."""
    add_time: object = None
    """Deal created: date."""
    close_time: object = None
    """Deal closed on: date."""
    won_time: object = None
    """Won time: date."""
    lost_time: object = None
    """Lost time: date."""
    is_archived: bool | None = None
    """Is archived: boolean."""
    archive_time: object = None
    """Archive time: date."""

"""The tables, one for each record class of the core, with the same field names."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

from orchestration import records

R = TypeVar("R", bound=records.Record)
SCHEMA_VERSION = "0005"
"""The newest migration; a database at this version needs no migration and so no alembic."""

metadata = MetaData()


def _text(name: str, *constraints: ForeignKey, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, *constraints, primary_key=key, nullable=null)


def _int(name: str, key: bool = False, null: bool = False) -> Column[int]:
    return Column(name, Integer, primary_key=key, autoincrement=False, nullable=null)


def _bool(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _float(name: str, null: bool = False) -> Column[float]:
    return Column(name, Float, nullable=null)


def _plan() -> Column[str]:
    return _text("plan_id", ForeignKey("plans.id"))


requests = Table(
    "requests",
    metadata,
    _text("id", key=True),
    _text("dedupe_key"),
    _text("person"),
    _text("text"),
    _text("reply_to"),
    _text("status"),
    _text("created_at"),
    _text("outcome"),
    _text("plan_id", null=True),
    _text("thread", null=True),
    _text("follows", null=True),
    UniqueConstraint("dedupe_key"),
    Index("requests_by_plan", "plan_id"),
    Index("requests_by_thread", "thread"),
)
plans = Table(
    "plans",
    metadata,
    _text("id", key=True),
    _text("code"),
    _text("request_id", ForeignKey("requests.id")),
    _text("person"),
    _text("status"),
    _int("revision"),
    _text("digest"),
    _text("created_at"),
    _text("expires_at"),
    _bool("needs_person"),
    _text("approved_at", null=True),
    _text("finished_at", null=True),
    _text("verdict", null=True),
    _text("reason", null=True),
    _text("cancelled_by", null=True),
    _text("origin", null=True),
    UniqueConstraint("code"),
    Index("plans_by_status", "status", "expires_at"),
)
revisions = Table(
    "revisions",
    metadata,
    _text("plan_id", ForeignKey("plans.id"), key=True),
    _int("revision", key=True),
    _text("digest"),
    _text("content"),
    _text("status"),
    _text("author"),
    _text("excluded"),
    _text("created_at"),
)
tasks = Table(
    "tasks",
    metadata,
    _text("id", key=True),
    _plan(),
    _int("revision"),
    _int("position"),
    _text("name"),
    _text("operation"),
    _text("work_type"),
    _text("agent_type"),
    _text("effect"),
    _text("risk"),
    _text("target"),
    _text("depends_on"),
    _text("status"),
    _int("attempts"),
    _text("agent_id", null=True),
    _text("started_at", null=True),
    _text("finished_at", null=True),
    _int("exit_code", null=True),
    _text("error_message", null=True),
    _text("ready_at", null=True),
    _text("not_before", null=True),
    _text("postponed", null=True),
    UniqueConstraint("plan_id", "revision", "position"),
    Index("tasks_by_target", "target", "status"),
)
votes = Table(
    "votes",
    metadata,
    _text("plan_id", ForeignKey("plans.id"), key=True),
    _int("revision", key=True),
    _text("person", key=True),
    _bool("yes"),
    _text("reason"),
    _text("at"),
    _text("rendering"),
    _text("asserted_by", null=True),
)
decisions = Table(
    "decisions",
    metadata,
    _text("plan_id", ForeignKey("plans.id"), key=True),
    _int("revision", key=True),
    _text("outcome"),
    _text("by"),
    _text("digest"),
    _text("reason"),
    _text("at"),
)
attempts = Table(
    "attempts",
    metadata,
    _text("id", key=True),
    _plan(),
    _text("task_id", ForeignKey("tasks.id")),
    _int("number"),
    _text("kind"),
    _text("agent_id"),
    _int("epoch"),
    _text("status"),
    _text("dispatched_at"),
    _text("lease_expires_at", null=True),
    _text("started_at", null=True),
    _text("finished_at", null=True),
    _int("exit_code", null=True),
    _text("result"),
    _text("routing", null=True),
    UniqueConstraint("task_id", "kind", "number"),
    Index("attempts_by_plan", "plan_id"),
    Index("attempts_by_status", "status"),
)
events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _text("chain"),
    _int("number"),
    _text("name"),
    _text("at"),
    _text("body"),
    _text("previous"),
    _text("hash"),
    UniqueConstraint("chain", "number"),
    sqlite_autoincrement=True,
)
outbox = Table(
    "outbox",
    metadata,
    _text("id", key=True),
    _text("lane"),
    _text("plan_id"),
    _text("payload"),
    _text("status"),
    _text("created_at"),
    Index("outbox_by_status", "status", "lane"),
)
seals = Table(
    "seals",
    metadata,
    _int("number", key=True),
    _text("at"),
    _int("first_seq"),
    _int("last_seq"),
    _text("root"),
    _text("previous"),
    _text("key"),
    _text("signature"),
)
private_texts = Table(
    "private_texts",
    metadata,
    _text("hash", key=True),
    _text("kind"),
    _text("salt"),
    _text("person"),
    _text("text"),
    Index("private_texts_by_person", "person", "kind"),
)
snapshots = Table("snapshots", metadata, _text("hash", key=True), _text("kind"), _text("text"), _text("at"))
evidence = Table(
    "evidence",
    metadata,
    _text("plan_id", ForeignKey("plans.id"), key=True),
    _text("sha256"),
    _text("document"),
    _text("at"),
)
epochs = Table("epochs", metadata, _int("number", key=True), _text("at"), _text("process"))
agents = Table(
    "agents",
    metadata,
    _text("id", key=True),
    _text("type"),
    _text("status"),
    _text("tools"),
    _text("specializations"),
    _text("resources"),
    _text("registered_at"),
    _text("seen_at"),
)
performances = Table(
    "performances",
    metadata,
    _text("agent_id", key=True),
    _text("work_type", key=True),
    _int("succeeded"),
    _int("failed"),
    _text("last_at"),
)
holds = Table("holds", metadata, _text("name", key=True), _bool("is_on"), _text("person"), _text("at"))
showings = Table(
    "showings",
    metadata,
    _text("plan_id", ForeignKey("plans.id"), key=True),
    _text("thread", key=True),
    _text("status"),
    _text("message"),
    _text("rendering"),
    _int("shown"),
    _int("told"),
    _text("problem"),
    _text("asked_at", null=True),
    Index("showings_by_thread", "thread"),
    Index("showings_by_status", "status"),
)
inbox = Table(
    "inbox",
    metadata,
    _text("id", key=True),
    _text("thread"),
    _text("payload"),
    _text("status"),
    _text("at"),
    Index("inbox_by_status", "status"),
)

usage = Table(
    "usage",
    metadata,
    _text("id", key=True),
    _text("at"),
    _text("purpose"),
    _text("person"),
    _text("request_id", null=True),
    _text("plan_id", null=True),
    _text("task_id", null=True),
    _text("tier"),
    _text("model"),
    _int("input_tokens"),
    _int("output_tokens"),
    _int("cache_read_tokens"),
    _int("cache_written_tokens"),
    _float("cost_usd", null=True),
    _int("milliseconds"),
    _text("error", null=True),
    Index("usage_by_tier", "tier", "at"),
    Index("usage_by_request", "request_id"),
    Index("usage_by_plan", "plan_id"),
)
fallback_decisions = Table(
    "fallback_decisions",
    metadata,
    _text("id", key=True),
    _text("task_id"),
    _text("plan_id", null=True),
    _text("request_id", null=True),
    _text("decision"),
    _text("reason"),
    _float("quota_remaining_percent"),
    _text("complexity_level"),
    _int("fallback_tier"),
    _text("model_used"),
    _int("tokens_used", null=True),
    _float("cost_usd", null=True),
    _text("error_message", null=True),
    _text("created_at"),
    Index("fallback_decisions_by_time", "created_at"),
)

TABLES: dict[type[Any], Table] = {
    records.Request: requests,
    records.Plan: plans,
    records.Revision: revisions,
    records.Task: tasks,
    records.Vote: votes,
    records.Decision: decisions,
    records.Attempt: attempts,
    records.Event: events,
    records.Outgoing: outbox,
    records.Seal: seals,
    records.PrivateText: private_texts,
    records.Snapshot: snapshots,
    records.EvidenceRecord: evidence,
    records.Epoch: epochs,
    records.AgentRecord: agents,
    records.Performance: performances,
    records.Hold: holds,
    records.Showing: showings,
    records.Incoming: inbox,
    records.Usage: usage,
    records.FallbackDecision: fallback_decisions,
}
FIELDS: dict[type[Any], tuple[str, ...]] = {kind: tuple(field.name for field in fields(kind)) for kind in TABLES}
BOOLEANS: dict[type[Any], tuple[int, ...]] = {
    kind: tuple(place for place, column in enumerate(table.c) if isinstance(column.type, Boolean))
    for kind, table in TABLES.items()
}
"""Places of columns that SQLite itself returns as 0 or 1."""


def made_of(kind: type[R], rows: Iterable[Sequence[Any]]) -> list[R]:
    """Return rows as records; the driver knows no booleans and gives 0 and 1."""
    if places := BOOLEANS[kind]:
        rows = [_with_booleans(row, places) for row in rows]
    return [kind(*row) for row in rows]


def _with_booleans(row: Sequence[Any], places: tuple[int, ...]) -> list[Any]:
    values = list(row)
    for place in places:
        values[place] = bool(values[place])
    return values

"""The rows of the one truth, as plain values. Storage maps each class to a table of the same fields.

Times are RFC 3339 UTC with milliseconds and `Z`, so that text order is time order. Fields that hold JSON are
canonical text, so that what was stored is byte for byte what was hashed.
"""

from dataclasses import dataclass
from typing import Literal

RequestStatus = Literal["received", "planned", "requires_clarification", "out_of_scope", "failed"]
RevisionStatus = Literal["current", "decided", "superseded", "expired"]
PlanStatus = Literal[
    "pending_approval",
    "approved",
    "executing",
    "paused",
    "completed",
    "failed",
    "rejected",
    "expired",
    "cancelled",
]
TaskStatus = Literal[
    "pending",
    "approved",
    "dispatched",
    "running",
    "completed",
    "failed",
    "unknown",
    "cancelled",
    "skipped",
    "rejected",
]
AttemptStatus = Literal["dispatched", "running", "completed", "failed", "unknown", "lost", "cancelled"]
VerdictName = Literal["PASS", "FAIL", "NEED_HITL"]

PLAN_ENDED = ("completed", "failed", "rejected", "expired", "cancelled")
TASK_ENDED = ("completed", "failed", "cancelled", "skipped", "rejected")


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked, where, and where to answer."""

    id: str
    dedupe_key: str
    """One request per chat message, however often the platform delivers it."""
    person: str
    text: str
    reply_to: str
    """JSON reply address: data, never a connection."""
    status: str
    created_at: str
    outcome: str = "{}"
    """JSON: `questions` or `nearest` when there is no plan."""
    plan_id: str | None = None
    thread: str | None = None
    """The chat thread it was said in, such as `slack:T1/C1/1700.1`; None for a command."""
    follows: str | None = None
    """The request that this one answers or amends."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What became of a request: the current revision and how far it is."""

    id: str
    code: str
    request_id: str
    person: str
    status: str
    revision: int
    digest: str
    created_at: str
    expires_at: str
    needs_person: bool = False
    """A task's outcome is unknown and somebody has to say what happened."""
    approved_at: str | None = None
    finished_at: str | None = None
    verdict: str | None = None
    reason: str | None = None
    """Why it ended as it did, one sentence."""
    cancelled_by: str | None = None
    """Who asked to stop it while it was running; nothing of it is started any more."""
    origin: str | None = None
    """The plan whose failed tasks this one retries, or whose completed ones it undoes."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One immutable version of a plan. `content` is what the digest is taken of."""

    plan_id: str
    revision: int
    digest: str
    content: str
    status: str
    author: str
    excluded: str
    """JSON list of people whose vote does not count where the rule says `self: false`."""
    created_at: str


@dataclass(frozen=True, slots=True)
class Task:
    """One operation of one revision and how far it is. What it runs stands in the revision's content."""

    id: str
    plan_id: str
    revision: int
    position: int
    name: str
    operation: str
    work_type: str
    agent_type: str
    effect: str
    risk: str
    target: str
    depends_on: str
    """JSON list of positions."""
    status: str
    attempts: int = 0
    agent_id: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    exit_code: int | None = None
    error_message: str | None = None
    ready_at: str | None = None
    """Since when it could run but for its target or an agent with room; its place in the queue."""
    not_before: str | None = None
    """When a failed or postponed one may be tried again."""
    postponed: str | None = None
    """Why it waits for that time though it has not failed; None when it does not."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes or no on one revision."""

    plan_id: str
    revision: int
    person: str
    yes: bool
    reason: str
    at: str
    rendering: str
    """Which rendering of the card was clicked."""
    asserted_by: str | None = None
    """The system user who spoke for this person, where that was somebody else."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What closed a revision, approved or rejected; final."""

    plan_id: str
    revision: int
    outcome: str
    by: str
    digest: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """The n-th try at a task. Its fence is (epoch, number): a result with another fence is not accepted."""

    id: str
    plan_id: str
    task_id: str
    number: int
    kind: str
    """run | preview"""
    agent_id: str
    epoch: int
    status: str
    dispatched_at: str
    lease_expires_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    exit_code: int | None = None
    result: str = "{}"
    """JSON of the tool's result."""
    routing: str | None = None
    """JSON of why it went to its agent: `score` 0 to 100, `components` (points by what for) and `reason`."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. Events of one chain are linked by hash, and sealed together with all others."""

    seq: int
    chain: str
    """The plan's id, or `system`."""
    number: int
    """1, 2, 3 … within the chain."""
    name: str
    at: str
    body: str
    """Canonical JSON; people and texts appear as salted hashes only."""
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that left a transaction and waits for its relay."""

    id: str
    lane: str
    """agent | chat"""
    plan_id: str
    payload: str
    status: str
    """waiting | delivered | withdrawn"""
    created_at: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A signature over everything that happened up to an event."""

    number: int
    at: str
    first_seq: int
    last_seq: int
    root: str
    """Merkle root (RFC 6962 prefixes) of the hashes of events first_seq..last_seq."""
    previous: str
    """The hash of the seal before, 64 zeros for the first."""
    key: str
    """The public key, Ed25519, in hex."""
    signature: str


@dataclass(frozen=True, slots=True)
class PrivateText:
    """What an event only holds the salted hash of; removing the row forgets the text and breaks no chain."""

    hash: str
    kind: str
    """name | text"""
    salt: str
    person: str
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A catalogue, policy or people file as it was loaded, by its hash."""

    hash: str
    kind: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """The evidence document of one plan; the file beside the artifacts is a copy of it."""

    plan_id: str
    sha256: str
    document: str
    at: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """One start of the owner of this home."""

    number: int
    at: str
    process: str


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent as it announced itself, and when it was last heard of."""

    id: str
    type: str
    status: str
    """online | offline"""
    tools: str
    """JSON list of what it can run."""
    specializations: str
    """JSON list of work types it is meant for."""
    resources: str
    """JSON: cpu_cores, gpu_vram_mb, slots."""
    registered_at: str
    seen_at: str


@dataclass(frozen=True, slots=True)
class Performance:
    """How an agent has done at one work type."""

    agent_id: str
    work_type: str
    succeeded: int
    failed: int
    last_at: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A switch that a person has turned; `dispatch` keeps every new task from starting."""

    name: str
    is_on: bool
    person: str
    at: str


@dataclass(frozen=True, slots=True)
class Showing:
    """A plan in a chat thread: one card that is overwritten, and a log that is told in order.

    Both are made from the plan's chain of events, so that nothing more has to be stored for what is to be shown.
    """

    plan_id: str
    thread: str
    status: str
    """open | ended | parked"""
    message: str = ""
    """The platform's name of the card's message; empty before it is posted."""
    rendering: str = ""
    """A hash of what the card shows."""
    shown: int = 0
    """Number of the last event of the plan's chain that the card shows."""
    told: int = 0
    """Number of the last event that the log has passed."""
    problem: str = ""
    """Why the platform takes no more of it."""
    asked_at: str | None = None
    """When somebody last asked to see it there; None where it stands because it was asked for, or announced."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message or a click as a platform delivered it, kept before it is acknowledged."""

    id: str
    """What identifies it, however often it is delivered."""
    thread: str
    payload: str
    """JSON of the neutral message or click."""
    status: str
    """waiting | done"""
    at: str


@dataclass(frozen=True, slots=True)
class Usage:
    """One call of a model: what it was for, and what it took."""

    id: str
    at: str
    purpose: str
    """reading | research"""
    person: str
    """On whose behalf."""
    request_id: str | None
    plan_id: str | None
    task_id: str | None
    tier: str
    """local | external"""
    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_written_tokens: int
    cost_usd: float | None
    """By the price table of the policy; None when it has no price for the model."""
    milliseconds: int
    error: str | None
    """What was wrong with the answer, one word; None when it was used."""

    @property
    def tokens(self) -> int:
        """Return all of them."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_written_tokens


@dataclass(frozen=True, slots=True)
class FallbackDecision:
    """Which model was chosen for a piece of work and why, and which one answered in the end."""

    id: str
    task_id: str
    """The plan, or before there is one the request, that it was for."""
    plan_id: str | None
    request_id: str | None
    decision: str
    """use_claude | use_ollama | no_fallback"""
    reason: str
    """quota_critical | high_complexity | local_sufficient | budget_spent | claude_failed"""
    quota_remaining_percent: float
    """Of the local models, as a fraction of 1."""
    complexity_level: str
    fallback_tier: int
    """0 the first choice answered, 1 the other one after it had failed, 2 none did."""
    model_used: str
    """Empty when none answered."""
    tokens_used: int | None
    cost_usd: float | None
    error_message: str | None
    created_at: str


Record = (
    Request
    | Plan
    | Revision
    | Task
    | Vote
    | Decision
    | Attempt
    | Event
    | Outgoing
    | Seal
    | PrivateText
    | Snapshot
    | EvidenceRecord
    | Epoch
    | AgentRecord
    | Performance
    | Hold
    | Showing
    | Incoming
    | Usage
    | FallbackDecision
)

"""What the core asks of the world, each a Protocol of a few methods, and the values that cross them.

Storage, clock, files, tools and transport implement these in `adapters/`; nothing here knows them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from orchestration.errors import ModelTrouble
from orchestration.records import Event, EvidenceRecord, Outgoing, Record, Showing

R = TypeVar("R", bound=Record)
T = TypeVar("T")


# ---------------------------------------------------------------------------------------------- storage


@dataclass(frozen=True, slots=True)
class Above:
    """A condition: the column is greater than this."""

    value: str | int


@dataclass(frozen=True, slots=True)
class AtMost:
    """A condition: the column is not greater than this."""

    value: str | int


Where = Mapping[str, Any]
"""Column to value (equal; None is NULL), to a tuple (one of them), or to `Above` / `AtMost`."""


class Transaction(Protocol):
    """What a use case may do inside its transaction; plain synchronous calls."""

    def insert(self, record: Record) -> bool:
        """Add a row; False when one with the same identity is there already. Never raises for that."""

    def change(self, kind: type[Record], where: Where, values: Mapping[str, Any]) -> int:
        """Compare and set: change the rows that still are as `where` says; return how many there were."""

    def remove(self, kind: type[Record], where: Where) -> int:
        """Delete rows that are kept for a time only; return how many there were."""

    def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return rows as they are inside this transaction; a leading `-` in `order_by` turns the order round."""

    def append(self, chain: str, name: str, at: str, body: str) -> None:
        """Add an event to its chain; hashed and written with the rest of this transaction."""

    def on_undo(self, undo: Callable[[], object]) -> None:
        """Call this, newest first, should this transaction be taken back: for what is kept in memory beside it."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit made true; handed to watchers after it is durable."""

    events: tuple[Event, ...]
    outgoing: tuple[Outgoing, ...]
    evidence: tuple[EvidenceRecord, ...] = ()
    showings: tuple[Showing, ...] = ()
    """Plans that are to be shown in a chat thread from now on."""


class Store(Protocol):
    """The one truth. A use case is one transaction; reads see what is committed."""

    async def tx(self, label: str, use_case: Callable[[Transaction], T]) -> T:
        """Run a use case in one durable transaction; returns after COMMIT or raises with nothing changed."""

    async def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return committed rows."""

    async def tally(self, kind: type[Record], column: str, where: Where) -> dict[str, int]:
        """Return how many committed rows there are by what a column says."""

    def watch(self, watcher: Callable[[Committed], None]) -> Callable[[], None]:
        """Call this on the event loop after each commit, in commit order, until the returned function is called."""


# ------------------------------------------------------------------------------------ time, files, seals


class Clock(Protocol):
    """Now, in UTC."""

    def now(self) -> datetime:
        """Return the time, timezone-aware UTC."""


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read what `timestamp` wrote."""
    return datetime.fromisoformat(text)


class Files(Protocol):
    """The workspace: what operations read."""

    async def fingerprint(self, patterns: Sequence[str]) -> dict[str, str]:
        """Return the SHA-256 of every file that matches, by path relative to the workspace.

        Raises InvalidRequest when a pattern matches nothing or leaves the workspace.
        """

    async def read_data(self, path: str) -> Any:
        """Return the data in a YAML or JSON file of the workspace."""

    async def entries(self, folder: str) -> list[str]:
        """Return the names of the files and folders in a folder of the workspace, sorted; no hidden ones, no links.

        Raises InvalidRequest when there is no such folder.
        """


class Signer(Protocol):
    """Signs seals with a key that is not in the database."""

    @property
    def public_key(self) -> str:
        """Return the Ed25519 public key in hex."""

    def sign(self, message: bytes) -> str:
        """Return the signature in hex."""

    def verify(self, key: str, signature: str, message: bytes) -> bool:
        """Whether this signature is that key's, and the key the one this home knows."""


# ------------------------------------------------------------------------------------------------ tools


@dataclass(frozen=True, slots=True)
class Job:
    """All that a tool needs to carry out one attempt. Data only."""

    attempt_id: str
    plan_id: str
    task_id: str
    number: int
    operation: str
    kind: Literal["run", "preview"]
    instructions: Mapping[str, Any]
    """The operation's `with`, its slots filled with typed parameters."""
    files: Mapping[str, str]
    """Path to SHA-256 of what was approved; the tool runs from a copy that matches."""
    secrets: Mapping[str, str]
    """Environment name to secret reference."""
    timeout_seconds: float
    tool: str = ""
    """Which tool carries it out."""
    person: str = ""
    """On whose behalf; what a model takes is counted there."""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run left, by hash."""

    type: Literal["log", "report", "junit_xml", "screenshot", "trace", "video", "har", "other"]
    path: str
    """Relative to the folder of attempts."""
    mime: str
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a run changed, or a preview would change, in one file."""

    path: str
    sign: Literal["+", "~", "-"]
    added: int
    removed: int


ToolStatus = Literal["success", "failed", "timeout", "cancelled", "postponed"]
"""`postponed`: it has done nothing and did not fail; it is to be tried again at `ToolResult.until`."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How an attempt ended. Output is redacted and cut before it gets here."""

    status: ToolStatus
    exit_code: int | None = None
    output: str = ""
    """The last part of what the tool printed."""
    error_message: str = ""
    duration_ms: int = 0
    artifacts: tuple[Artifact, ...] = ()
    changes: tuple[Change, ...] = ()
    metrics: Mapping[str, int] = field(default_factory=dict)
    until: str = ""
    """RFC 3339, of a postponed one; `error_message` says why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running tool is; shown, and kept only when it is news."""

    attempt_id: str
    done: int
    total: int
    """0 when the tool does not know."""
    step: str


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of an attempt whose process died.

    `never_started`: the effect never began. `ended`: it ended and this is the result. `killed`: it was
    running and is now confirmed dead. `unconfirmed`: it may still be running.
    """

    state: Literal["never_started", "ended", "killed", "unconfirmed"]
    result: ToolResult | None = None


class Tool(Protocol):
    """How an operation is carried out."""

    def missing(self) -> str | None:
        """Return why this tool cannot run here, as a sentence with what to do; None when it can."""

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Carry the job out. Cancelling the coroutine kills the process group and confirms it dead."""

    async def settle(self, job: Job) -> Remains:
        """Find out what became of an attempt of an earlier process; kill what still runs, and confirm."""


# -------------------------------------------------------------------------------------------- transport


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task handed to an agent: the fence, and nothing that the agent could use without claiming it."""

    outgoing_id: str
    plan_id: str
    task_id: str
    position: int
    attempt_id: str
    agent_id: str
    epoch: int
    number: int


class Transport(Protocol):
    """Brings assignments to agents. At least once; the claim makes it at most one start."""

    async def send(self, assignment: Assignment) -> None:
        """Hand over for delivery."""

    async def stop(self, agent_id: str, attempt_id: str) -> None:
        """Have an agent stop an attempt; what became of it comes as its report."""


# ----------------------------------------------------------------------------------------------- models

Tier = Literal["local", "external"]
"""Where a model runs: on the owner's machines, or at somebody who is paid for it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a model."""

    instructions: str
    """Ours alone, the same for every request of its kind, so that a provider can keep it."""
    data: str
    """What it is about, as JSON: words of people, operations. Data, never instructions."""
    schema: Mapping[str, Any] | None
    """The JSON Schema of the answer; None for prose. A provider may ignore it, so that every answer is checked."""
    max_tokens: int
    """Of the answer, without what a model thinks before it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call took, as the provider counts it."""

    input: int = 0
    """Without those in `cache_read` and `cache_written`."""
    output: int = 0
    cache_read: int = 0
    cache_written: int = 0

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.input + self.output + self.cache_read + self.cache_written


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered."""

    text: str
    model: str
    """The name under which it answered."""
    tokens: Tokens
    trouble: ModelTrouble | None = None
    """`cut`, `refused` or `broken` when the text is not a whole answer, though it has been paid for."""


class Model(Protocol):
    """One provider's model."""

    @property
    def name(self) -> str:
        """Return the name by which the provider knows it."""

    @property
    def tier(self) -> Tier:
        """Return where it runs."""

    @property
    def thinking_tokens(self) -> int:
        """Return how many tokens it may take before its answer, which its provider counts as output."""

    def remaining(self) -> float | None:
        """Return the share of the provider's own limits that is left by its last answer, 0 to 1; None when unknown."""

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """Ask once, without trying again. Raises ModelFailed, and nothing else, within about `seconds`."""

    async def missing(self) -> str | None:
        """Return why it cannot be used, as a sentence with what to do; None when it can. Costs nothing."""

"""The owner's rules: who may ask, who must approve, who may manage, what raises risk, what the gate wants.

Rules are lists; the first that matches decides, and when none matches the answer is no.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from orchestration.budgets import Budgets, ModelRules, Prices, team_faults
from orchestration.people import Members, People
from orchestration.validation import (
    Duration,
    Fault,
    Path,
    Pattern,
    Strict,
    Strings,
    as_list,
    entries,
    faults_in,
    suggestion,
    validated,
)

Risk = Literal["low", "medium", "high", "critical"]
Effect = Literal["read_only", "idempotent", "at_most_once"]
RISKS: tuple[Risk, ...] = ("low", "medium", "high", "critical")
BY_POLICY = "policy"
"""Who decided when no person had to."""

RESERVED = {"quiet_hours", "freezes", "windows", "escalate", "remind", "sandbox", "ai_review"}


class Subject(Protocol):
    """What a rule looks at: a task, planned or stored."""

    @property
    def operation(self) -> str: ...
    @property
    def work_type(self) -> str: ...
    @property
    def effect(self) -> str: ...
    @property
    def risk(self) -> str: ...
    @property
    def target(self) -> str: ...


class Match(Strict):
    """What a rule applies to; a key left out matches everything. Operations and targets take `*`."""

    operation: Strings = []
    work_type: Strings = []
    effect: Annotated[list[Effect], BeforeValidator(as_list, json_schema_input_type=Effect | list[Effect])] = []
    risk: Annotated[list[Risk], BeforeValidator(as_list, json_schema_input_type=Risk | list[Risk])] = []
    target: Strings = []

    def covers(self, task: Subject) -> bool:
        """Whether the rule is about this task."""
        return (
            _is_one_of(task.operation, self.operation)
            and _is_one_of(task.work_type, self.work_type)
            and _is_one_of(task.effect, self.effect)
            and _is_one_of(task.risk, self.risk)
            and _is_one_of(task.target, self.target)
        )


def _is_one_of(value: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)


class Permission(Strict):
    """People of these groups may."""

    match: Match
    from_: Strings = Field(alias="from", min_length=1)


class Approval(Strict):
    """So many distinct people of these groups have to say yes."""

    match: Match
    need: int = Field(ge=0, le=10)
    from_: Strings = Field(alias="from", default=[])
    self_: bool = Field(alias="self", default=False)
    """Whether the requester, and whoever edited the plan, counts."""


class JUnitRule(Strict):
    """How many failing tests still pass the gate."""

    max_failures: int = Field(ge=0, default=0)
    max_errors: int = Field(ge=0, default=0)


class FallbackRule(Strict):
    """What the gate wants where there are no tests."""

    require_all_tools_success: bool = True


class CostGovernance(Strict):
    """Upper bounds over what operations declare."""

    timeout_s: int = Field(ge=1, default=3600)
    max_retries: int = Field(ge=0, default=3)


class ToolRules(Strict):
    """Which tools may run; empty allows all that are installed."""

    allowlist: list[str] = []


class ArtifactLimits(Strict):
    """How much evidence one task may leave."""

    max_count: int = Field(ge=1, default=50)
    max_size_mb: int = Field(ge=1, default=10)


class Limits(Strict):
    """How much one person may ask for."""

    requests_per_minute: int = Field(ge=1, default=60)
    pending_per_person: int = Field(ge=1, default=50)
    """Plans that wait for an approval."""


def _read_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"«{value}» is not a time zone; write one such as Europe/Berlin or UTC") from None
    return value


class Policy(Strict):
    """The policy file."""

    version: Literal["1"]
    timezone: Annotated[str, AfterValidator(_read_timezone)] = "UTC"
    expire_after: Duration = timedelta(hours=24)
    ask: list[Permission]
    manage: list[Permission] = []
    """Who may cancel, resolve and edit besides the requester."""
    preview: list[Permission] = []
    """Who gets a dry run of what, before anybody approved; nobody when empty."""
    approvals: list[Approval]
    announce: list[str] = []
    high_risk_keywords: list[str] = []
    high_risk_patterns: list[Pattern] = []
    junit_pass_rule: JUnitRule = JUnitRule()
    fallback_rule: FallbackRule = FallbackRule()
    cost_governance: CostGovernance = CostGovernance()
    tools: ToolRules = ToolRules()
    artifact_limits: ArtifactLimits = ArtifactLimits()
    limits: Limits = Limits()
    budgets: Budgets = Budgets()
    prices: Prices | None = None
    """What models that cost money cost; a budget of money needs it."""
    models: ModelRules = ModelRules()


@dataclass(slots=True)
class Rules:
    """The policy and the people that it speaks of, as they are now: every component shares one, a reload changes it."""

    policy: Policy
    people: People

    def go_by(self, policy: Policy, people: People) -> None:
        """Take other files; what the platforms said of their groups counts as before."""
        self.policy, self.people = policy, people.with_members(self.people.joined)

    def join(self, platform: str, members: Members) -> None:
        """Count these accounts of a platform into groups, in place of those it named before."""
        self.people = self.people.with_members({**self.people.joined, platform: members})


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one task needs before it may run, and the rule that says so."""

    rule: int
    """1-based place of the rule in `approvals`."""
    need: int
    groups: tuple[str, ...]
    self_counts: bool


def may(rules: Sequence[Permission], people: People, person: str, task: Subject) -> bool:
    """Whether the first rule that matches the task names a group of this person."""
    for rule in rules:
        if rule.match.covers(task):
            return person in people.members(rule.from_)
    return False


def requirement(policy: Policy, task: Subject) -> Requirement | None:
    """Return what a task needs; None when no rule covers it, which forbids it."""
    for number, rule in enumerate(policy.approvals, start=1):
        if rule.match.covers(task):
            return Requirement(number, rule.need, tuple(rule.from_), rule.self_)
    return None


@dataclass(frozen=True, slots=True)
class _Known:
    """What rules may name."""

    people: People
    operations: set[str]
    work_types: set[str] | None


def load_policy(data: object, people: People, operations: set[str], work_types: set[str] | None = None) -> Policy:
    """Validate a policy file as a whole, against the people, operations and (when given) work types it speaks of.

    Raises InvalidData with every fault.
    """
    known = _Known(people, operations, work_types)
    written = _without_reserved(data)
    found = [*_reserved_faults(data), *_permission_faults(written, known), *_approval_faults(written, known)]
    found += team_faults(written, people.known_groups())
    return validated(Policy, written, found)


def faults_alone(data: object) -> list[Fault]:
    """Return the faults of a policy that can be seen without the people file, when that one cannot be read."""
    return [*_reserved_faults(data), *faults_in(Policy, _without_reserved(data))]


def _without_reserved(data: object) -> object:
    return {key: value for key, value in data.items() if key not in RESERVED} if isinstance(data, dict) else data


def _reserved_faults(data: object) -> list[Fault]:
    early = sorted(RESERVED & set(data)) if isinstance(data, dict) else []
    return [Fault((key,), "is reserved and does nothing yet; take it out") for key in early]


def _permission_faults(data: object, known: _Known) -> Iterator[Fault]:
    for section in ("ask", "manage", "preview"):
        for index, rule in entries(Permission, data, section):
            yield from _rule_faults((section, index), rule, known)


def _approval_faults(data: object, known: _Known) -> Iterator[Fault]:
    for index, rule in entries(Approval, data, "approvals"):
        at: Path = ("approvals", index)
        yield from _rule_faults(at, rule, known)
        yield from _need_faults(at, rule, known.people)
        if rule.self_ and _covers_grave_risk(rule.match):
            message = "approving one's own plan cannot be allowed for high or critical risk: match a lower risk"
            yield Fault((*at, "self"), message)


def _rule_faults(at: Path, rule: Permission | Approval, known: _Known) -> Iterator[Fault]:
    """Yield the names in a rule that nothing bears: such a rule never decides, and a laxer one might instead."""
    groups = known.people.known_groups()
    for group in rule.from_:
        if group not in groups:
            advice = "name the groups who may; «*» is not a group" if group == "*" else "nobody is in it"
            yield Fault((*at, "from"), f"unknown group «{group}»: {advice}.{suggestion(group, groups)}")
    match = (*at, "match")
    yield from _unknown((*match, "operation"), "operation", rule.match.operation, known.operations)
    if known.work_types is not None:
        yield from _unknown((*match, "work_type"), "work type", rule.match.work_type, known.work_types)


def _unknown(at: Path, kind: str, patterns: Sequence[str], known: set[str]) -> Iterator[Fault]:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            yield Fault(at, f"unknown {kind} «{pattern}».{suggestion(pattern, known)}")


def _need_faults(at: Path, rule: Approval, people: People) -> Iterator[Fault]:
    """Yield what makes a rule one that nobody has to satisfy, or nobody can."""
    if rule.need == 0:
        if not (rule.match.effect == ["read_only"] and rule.match.risk == ["low"]):
            message = "no approval at all is for read-only, low-risk operations: match {effect: read_only, risk: low}"
            yield Fault((*at, "need"), message)
        return
    if not rule.from_:
        yield Fault((*at, "from"), "names nobody: write the groups who approve, such as [operators]")
        return
    count = len(people.members(rule.from_))
    if set(rule.from_) <= people.known_groups() and rule.need > count and not _has_platform_members(people, rule.from_):
        yield Fault((*at, "need"), f"needs {rule.need} people, but {', '.join(rule.from_)} has {count}")


def _covers_grave_risk(match: Match) -> bool:
    return not match.risk or bool({"high", "critical"} & set(match.risk))


def _has_platform_members(people: People, groups: Sequence[str]) -> bool:
    return any(group in people.groups and any(dict(people.groups[group]).values()) for group in groups)

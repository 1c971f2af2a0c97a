"""Cards as Slack messages: whole, within Slack's limits, and without a mention or link that is not ours."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.chat.slack import cards, home
from adapters.chat.slack.cards import Part
from bot.board import Board
from bot.cards import Card, CardParameter, CardTask
from bot.chat import Button, ShownCard
from bot.previews import CardPreview
from tests.support.slack import message_problems, view_problems
from tests.support.slack.block_kit import HOME, too_much_text
from tests.support.slack.markup import in_blocks, in_mrkdwn

NASTY = (
    "<!channel>",
    "<@U7>",
    "<https://evil.example|fine>",
    "https://evil.example/?a=1&b=2",
    "www.evil.example",
    "[ok](https://evil.example)",
    "@here @everyone",
    "<!subteam^S1>",
    "```\n*bold* _it_ ~no~ `code`",
    ":skull: &lt;!here&gt; &amp;",
    "\u202egnp.exe\u200b",
    "🙂" * 30,
    "x" * 400,
)
TEXT = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=60))
SHORT = st.one_of(st.sampled_from(NASTY[:9]), st.text(min_size=1, max_size=20))
OPEN_BUTTONS = (
    Button("Approve", "v1:approve:7K2MQ4:1:3fa9c2d107be", "primary", "This is risky. Approve all?"),
    Button("Reject", "v1:reject:7K2MQ4:1:3fa9c2d107be", "danger", form="reject"),
    Button("Edit", "v1:edit:7K2MQ4:1:3fa9c2d107be", form="edit"),
    Button("Details", "v1:details:7K2MQ4:1:3fa9c2d107be"),
)
STATUSES = ("pending", "approved", "running", "completed", "failed", "unknown", "skipped", "cancelled")

parameters = st.builds(CardParameter, SHORT, st.lists(TEXT, min_size=1, max_size=4).map(tuple), SHORT)
tasks = st.builds(
    CardTask,
    position=st.just(1),
    name=SHORT,
    operation=SHORT,
    agent=st.sampled_from(["infra", "infra-1"]),
    parameters=st.lists(parameters, max_size=4).map(tuple),
    touches=SHORT,
    effect=st.sampled_from(["read_only", "idempotent", "at_most_once"]),
    risk=st.sampled_from(["low", "medium", "high", "critical"]),
    raised_by=st.just(("keyword:production",)),
    after=st.just(()),
    undo=st.none() | SHORT,
    secrets=st.just(("TOKEN",)),
    status=st.sampled_from(STATUSES),
    attempts=st.integers(0, 3),
    milliseconds=st.none() | st.integers(0, 10**6),
    problem=TEXT,
    output=st.just(()),
    doing=SHORT,
    part=st.none(),
    since=st.just(""),
)


def shown(found: list[CardTask], *, status: str = "pending_approval", **changes: Any) -> ShownCard:
    """Return a card of these tasks, numbered."""
    numbered = tuple(replace(task, position=number) for number, task in enumerate(found, start=1))
    plain: dict[str, Any] = {
        "code": "7K2MQ4",
        "plan_id": "01a1",
        "revision": 1,
        "digest": "3fa9 c2d1 07be",
        "status": status,
        "facts": (f"{len(found)} tasks", "about 4 minutes", "high risk"),
        "tasks": numbered,
        "previews": (),
        "requester": "Ana",
        "asked": "do it",
        "needs": ("Needs one of operators (Ben).",),
        "until": "tomorrow 14:02 UTC",
        "expires_at": "2026-11-22T14:02:00.000Z",
        "votes": (),
        "decided": "",
        "notice": (),
        "preview_coming": False,
        "verdict": "",
        "reason": "",
    }
    buttons = OPEN_BUTTONS if status == "pending_approval" else OPEN_BUTTONS[3:]
    return ShownCard(Card(**{**plain, **changes}), buttons)


def texts(value: Any) -> Iterator[str]:
    """Yield every text a reader sees, in order."""
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("text", "title", "fallback") and isinstance(item, str):
                yield item
            elif isinstance(item, list | dict):
                yield from texts(item)


def read(parts: list[Part]) -> str:
    """Return all that parts say."""
    return "".join(text for part in parts for text in texts(part.blocks))


def sound(parts: list[Part]) -> None:
    """Hold messages to what Slack takes, and to what nobody else may put into them."""
    for part in parts:
        assert message_problems(part.blocks) == []
        assert not too_much_text(part.blocks)
        assert list(in_blocks(part.blocks)) == []
        assert list(in_mrkdwn(part.text, "/text", verbatim=True)) == []
        assert part.text


def is_decidable(parts: list[Part]) -> bool:
    """Whether a card has Approve."""
    return "v1:approve" in str(parts[-1].blocks)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(tasks, min_size=1, max_size=12), TEXT, st.lists(TEXT, max_size=2), st.booleans())
def test_an_open_card_says_everything_in_full(
    found: list[CardTask], asked: str, changes: list[str], with_plan: bool
) -> None:
    """Whatever people wrote: all that is approved is visible, within Slack's limits, and nothing of it is markup."""
    previews = (CardPreview(1, tuple(changes), "", "today 14:02 UTC"),) if changes else ()
    card = shown(found, asked=asked, previews=previews, passed_over=asked[:80])
    parts = cards.parts(card, with_plan)
    sound(parts)
    said = read(parts)
    assert is_decidable(parts)
    assert not any("v1:" in str(part.blocks) for part in parts[:-1])
    expected = [asked, "Ben", "tomorrow 14:02 UTC", "3fa9 c2d1 07be", "about 4 minutes", *changes]
    for task in card.card.tasks:
        expected += [task.name, task.operation, task.agent, f"{task.risk} risk", *([task.undo] if task.undo else [])]
        expected += [text for one in task.parameters for text in (one.name, *one.lines, one.source) if text]
        expected += [task.touches] if task.effect != "read_only" else []
    for text in expected:
        assert text in said or text in ("said", "answer")


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(tasks, min_size=1, max_size=50),
    st.sampled_from(["approved", "executing", "paused", "completed", "failed", "rejected", "expired"]),
    TEXT,
    st.booleans(),
)
def test_a_later_card_says_how_far_it_is(found: list[CardTask], status: str, why: str, with_plan: bool) -> None:
    """Every task is there with its state, in one message, whatever tools said."""
    card = shown(found, status=status, decided=f"Approved by Ben: {why}", verdict="FAIL", reason=why)
    parts = cards.parts(card, with_plan)
    sound(parts)
    assert len(parts) == 1
    assert all(str(task.position) in read(parts) for task in card.card.tasks)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(tasks, min_size=1, max_size=6), TEXT)
def test_a_home_tab_is_within_the_limits(found: list[CardTask], asked: str) -> None:
    """A person's page takes whatever there is."""
    one = shown(found, asked=asked)
    tab = home.view(Board((one,) * 10, (one,) * 10, (one,) * 10))
    assert view_problems(tab, (HOME,)) == []
    assert list(in_blocks(tab["blocks"])) == []


def long_task(characters: int) -> CardTask:
    """Return a task whose parameter is so long."""
    text = "".join(chr(97 + number % 26) for number in range(characters))
    return replace(shown_task(), parameters=(CardParameter("text", (text,), "said"),))


def shown_task() -> CardTask:
    """Return a plain task."""
    return CardTask(
        1, "Deploy", "deploy", "infra", (), "service:x", "idempotent", "low", (), (), None, (), "pending", 0, None, "",
        (), "", None, "",
    )  # fmt: skip


@pytest.mark.parametrize("characters", [2_000, 12_000, 40_000])
def test_a_large_plan_stands_in_several_messages(characters: int) -> None:
    """What does not fit into one message is not folded away: it stands before the buttons, character by character."""
    card = shown([long_task(characters)])
    parts = cards.parts(card)
    sound(parts)
    assert is_decidable(parts)
    titles = [f"Plan 7K2MQ4 · revision 1 · part {number} of {len(parts) - 1}" for number in range(1, len(parts))]
    said = read(parts)
    for title in titles:
        said = said.replace(title, "")
    assert card.card.tasks[0].parameters[0].lines[0] in said
    assert (len(parts) > 1) == (characters > 10_000)


def test_what_cannot_be_shown_in_full_cannot_be_approved() -> None:
    """A plan that is too large for any number of messages has no Approve, and says why and where else."""
    parts = cards.parts(shown([long_task(9_000) for _ in range(20)]))
    sound(parts)
    assert len(parts) == 1
    assert not is_decidable(parts)
    assert "too large to be shown here in full" in read(parts)
    assert "v1:reject" in str(parts[-1].blocks)


def test_approving_something_grave_is_confirmed() -> None:
    """The button of a risky plan asks once more."""
    [part] = cards.parts(shown([shown_task()]))
    [row] = [block for block in part.blocks if block["type"] == "actions"]
    assert row["elements"][0]["confirm"]["text"]["text"] == "This is risky. Approve all?"
    assert row["elements"][0]["style"] == "primary"


def test_the_expiry_is_each_readers_own_time() -> None:
    """Until when a plan is open is a date of Slack's, with the owner's time for where that cannot be shown."""
    [part] = cards.parts(shown([shown_task()]))
    assert "'type': 'date', 'timestamp': 1795356120" in str(part.blocks)


@pytest.mark.parametrize("status", ["pending_approval", "executing"])
@pytest.mark.parametrize("with_plan", [True, False])
def test_the_title_is_shown_once(status: str, with_plan: bool) -> None:
    """It stands on the plan block where there is one, else above the tasks; with the revision that it is."""
    title = "Plan 7K2MQ4 · 1 tasks · about 4 minutes · high risk · revision 2"
    [made] = cards.parts(shown([shown_task()], status=status, revision=2), with_plan)
    assert list(texts(made.blocks)).count(title) == 1

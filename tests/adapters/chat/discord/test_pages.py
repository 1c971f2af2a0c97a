"""What a post looks like: all of it, within Discord's limits, and nothing in it acts that we did not write."""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.chat.discord.components import choose_fields, layouts
from adapters.chat.discord.markup import cut, escaped, folded, size
from adapters.chat.discord.modals import modal
from adapters.chat.discord.pages import MAX_PAGES, paged, title
from bot import wording
from bot.buttons import Action, answers
from bot.cards import Card, CardParameter, CardTask
from bot.chat import Button, Field, Form, Note, ShownCard
from bot.escaping import one_line
from bot.previews import CardPreview
from orchestration.intake.outcome import Outcome
from orchestration.intake.questions import Choice, Question
from tests.support.discord.limits import TEXT, message_faults, walk
from tests.support.discord.markdown import acting, lines, read
from tests.support.discord.schema import document, faults_of_request

TIME = "2026-11-21T09:00:00.000Z"
FRAGMENTS = [
    "@everyone", "@here", "<@400>", "<@!400>", "<@&500>", "<#200>", "</ask:700>", "<id:customize>", "<:x:123>",
    "https://evil.example/a?b=c", "http://x", "[click](https://evil.example)", "<https://evil.example>",
    "discord.gg/abc",
    "discord://-/channels/1", "<mailto:a@b.c>", "<tel:+123>", "steam://run/1", "<t:1:R>", "``", "`", "```\n", "||",
    "**",
    "__", "~~", "*", "_", "\\", "\\\\", "# ", "### ", "-# ", "> ", ">>> ", "- ", "1. ", "\n", " ", "a", "Ω", "‮", "​",
    "(", ")", "[", "]", "<", ">", "@", "#", ":", "/", "\U0001f600", "́", "port", "3005", "\x1b[31m", "\r",
]  # fmt: skip


def task(**changes: Any) -> CardTask:
    """Return a task of a card, with changes."""
    plain = CardTask(
        position=1, name="Tune", operation="tune", agent="infra", parameters=(), touches="service:x",
        effect="idempotent", risk="medium", raised_by=(), after=(), undo=None, secrets=(), status="pending", attempts=0,
        milliseconds=None, problem="", output=(), doing="", part=None, since="",
    )  # fmt: skip
    return replace(plain, **changes)


def card(**changes: Any) -> ShownCard:
    """Return a card with its buttons, with changes."""
    plain = Card(
        code="7K2MQ4", plan_id="p", revision=2, digest="3fa9 c2d1 07be", status="pending_approval",
        facts=("1 task", "medium risk"), tasks=(task(),), previews=(), requester="Ana", asked="tune",
        needs=("Needs Ben",),
        until="today", expires_at=TIME, votes=(), decided="", notice=(), preview_coming=False, verdict="", reason="",
    )  # fmt: skip
    buttons = tuple(
        Button(verb.title(), Action(verb, "7K2MQ4", 2, "3fa9c2d107be").value())  # type: ignore[arg-type]
        for verb in ("approve", "reject", "edit", "details")
    )
    return ShownCard(replace(plain, **changes), buttons)


def payloads(post: Note | ShownCard) -> list[dict[str, Any]]:
    """Return the messages of a post as they are sent."""
    return [{"components": view.to_components(), "flags": 1 << 15} for view in layouts(paged(post), "key")]


def texts(post: Note | ShownCard) -> list[str]:
    """Return every text of a post."""
    return [one["content"] for sent in payloads(post) for one in walk(sent["components"]) if one["type"] == TEXT]


def labels(post: Note | ShownCard) -> list[str]:
    """Return the words on the buttons of a post."""
    return [one["label"] for sent in payloads(post) for one in walk(sent["components"]) if one["type"] == 2]


def foreign(text: str) -> list[Note | ShownCard]:
    """Return posts with this text at every place where somebody else's words stand."""
    parameter = CardParameter(one_line(text), (one_line(text), one_line(text)), one_line(text))
    everywhere = task(
        name=one_line(text), parameters=(parameter,), touches=one_line(text), raised_by=(f"word:{one_line(text)}",),
        problem=one_line(text), doing=one_line(text), status="failed", secrets=(one_line(text),), since=TIME,
    )  # fmt: skip
    preview = CardPreview(1, (one_line(text),), "", "today 14:02 UTC")
    full = {"tasks": (everywhere,), "asked": one_line(text), "requester": one_line(text), "reason": one_line(text)}
    shown = [
        card(previews=(preview,), needs=(one_line(text),), votes=(one_line(text),), passed_over=one_line(text), **full)
    ]
    shown.append(card(status="failed", decided=one_line(text), notice=(one_line(text),), verdict="FAIL", **full))
    return [*shown, Note("failed", (text, one_line(text))), question(text)]


def question(text: str) -> Note:
    """Return a question about this text, which is also one of its choices."""
    outcome = Outcome((Question(text, text, (Choice(text, "a"), Choice("other", "b"))),))
    return Note("question", (one_line(text),), answers("r-1", outcome))


def forms(text: str) -> list[dict[str, Any]]:
    """Return a form with this text everywhere as what is sent: as a modal, and as what comes before a long one."""
    field = Field("1.a", one_line(text), "text", text, one_line(text))
    form = Form(one_line(text), "Send", "v1:edit:7K2MQ4:2:3fa9c2d107be", (field,), one_line(text))
    return [modal(form).to_dict(), {"components": choose_fields(form).to_components()}]


def plain(sent: dict[str, Any]) -> Iterator[str]:
    """Yield what Discord shows as it is, markup or not: labels, options, titles."""
    found = [sent, *walk(sent["components"])]
    found += [option for one in found for option in one.get("options", ())]
    return (str(one[key]) for one in found for key in ("label", "placeholder", "description", "title") if one.get(key))


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 20))])
def test_nothing_foreign_acts_in_ten_thousand_generated_texts(part: int) -> None:
    """No mention, link, code, spoiler, emoji or heading that we did not write, wherever a text of others stands."""
    generator = random.Random(part)
    for _ in range(500):
        text = "".join(generator.choices(FRAGMENTS, k=generator.randint(1, 8)))
        for post in foreign(text):
            for shown in texts(post):
                assert {kind for kind, _ in acting(shown)} <= {"time"}, (text, shown)
                assert shown.count("<t:") <= 2, (text, shown)
            if isinstance(post, Note):
                assert set(lines("\n".join(texts(post)))) <= {"", "small"}, text
        sent = [*forms(text), *payloads(question(text))]
        shown = [one["content"] for each in sent for one in walk(each["components"]) if one["type"] == TEXT]
        assert not [acts for one in shown for acts in acting(one)], text
        names = "".join([*(label for each in sent for label in plain(each)), title(card(asked=one_line(text)))])
        assert not {unicodedata.category(character) for character in names} & {"Cc", "Cf", "Zl", "Zp"}, text


@pytest.mark.parametrize("text", FRAGMENTS)
def test_what_others_wrote_is_read_as_they_wrote_it(text: str) -> None:
    """Escaping changes what acts, never what is read."""
    assert read(escaped(one_line(text))).replace("*", "") == one_line(text).replace("*", "")


def test_every_value_of_an_open_plan_is_shown_over_as_many_messages_as_it_takes() -> None:
    """A list of two hundred items is on the card, item by item, and the buttons are on the last message."""
    items = tuple(f"portal-{number} https://p{number}.example" for number in range(200))
    post = card(tasks=(task(parameters=(CardParameter("portals", items, "from portals.yml"),)),))
    shown = [read(text) for text in texts(post)]
    assert all(any(item in text for text in shown) for item in items)
    sent = payloads(post)
    assert 2 <= len(sent) <= MAX_PAGES
    assert [bool([one for one in walk(one["components"]) if one["type"] == 2]) for one in sent] == [False] * (
        len(sent) - 1
    ) + [True]
    assert f"page 2 of {len(sent)}" in "\n".join(shown)
    assert labels(post) == ["Details", "Approve", "Reject", "Edit"]


def test_a_plan_that_cannot_be_shown_in_full_cannot_be_approved_here() -> None:
    """Its card says so and where to decide; Reject stays."""
    post = card(tasks=(task(parameters=(CardParameter("note", ("x" * 40_000,), "said"),)),))
    assert labels(post) == ["Details", "Reject", "Edit"]
    assert "sayso show 7K2MQ4" in read("\n".join(texts(post)))


@pytest.mark.parametrize(
    "text", ["x" * 4_500, "[" * 4_500, "\U0001f600" * 2_500, "\n".join(["line"] * 400), "@everyone " * 500]
)
def test_everything_stays_within_the_limits_of_a_message(text: str) -> None:
    """40 components, 4,000 characters, labels and ids: whatever the text, and by Discord's own description."""
    for post in foreign(text):
        for sent in payloads(post):
            assert list(message_faults(sent)) == []
            assert faults_of_request("POST", "/channels/1/messages", {}, sent) == []


def test_a_preview_says_what_it_is_of() -> None:
    """Each stands under the name of its task, not under a number alone."""
    tasks = (task(), task(position=2, name="Start *it*"), task(position=3, name="Look"))
    previews = (
        CardPreview(1, ("+ a.yml 2 lines",), "", "today 14:02 UTC"),
        CardPreview(2, (), "no disk", "today 14:02 UTC, before 1"),
        CardPreview(3, (), "", "today 14:03 UTC, before 1"),
    )
    lines_shown = read("\n".join(texts(card(tasks=tasks, previews=previews)))).splitlines()
    at = lines_shown.index("Preview")
    assert lines_shown[at + 1 : at + 5] == [
        "- 1 Tune (today 14:02 UTC)", "  - + a.yml 2 lines", "- 2 Start *it*: no disk (today 14:02 UTC, before 1)",
        "- 3 Look: no change (today 14:03 UTC, before 1)",
    ]  # fmt: skip


def test_forty_tasks_take_few_components() -> None:
    """A plan of many tasks is text, so that no count of components is its limit."""
    post = card(tasks=tuple(task(position=number) for number in range(1, 41)))
    assert all(list(message_faults(sent)) == [] for sent in payloads(post))


def test_a_question_of_many_choices_is_several_selects() -> None:
    """A select takes 25 options."""
    choices = tuple(Button(f"choice {n}", f"v1:answer:r-1:7:{0:x}.{n:x}") for n in range(30))
    more = tuple(Button(f"other {n}", f"v1:answer:r-1:7:{1:x}.{n:x}") for n in range(2))
    [sent] = payloads(Note("question", ("Which?", "And how?"), choices + more))
    assert list(message_faults(sent)) == []
    selects = [one for one in walk(sent["components"]) if one["type"] == 3]
    assert [len(one["options"]) for one in selects] == [25, 5, 2]


def test_more_questions_than_fit_into_a_message_are_asked_in_several() -> None:
    """What can be chosen goes on in a further message, and each message can be found again."""
    choices = tuple(Button(f"choice {n}", f"v1:answer:r-1:7:{place:x}.{n:x}") for place in range(30) for n in range(3))
    sent = payloads(Note("question", tuple(f"Which {place}?" for place in range(30)), choices))
    assert [list(message_faults(one)) for one in sent] == [[], []]
    selects = [len([one for one in walk(each["components"]) if one["type"] == 3]) for each in sent]
    assert sum(selects) == 30
    assert len({each["components"][0]["id"] for each in sent}) == 2


def test_a_decided_plan_that_is_too_long_shows_its_end() -> None:
    """Somebody who looks at what became of it sees the verdict, and where the rest stands."""
    post = card(
        status="failed", decided="Approved by Ben", verdict="FAIL", tasks=(task(problem="x" * 40_000, status="failed"),)
    )
    sent = payloads(post)
    assert len(sent) == MAX_PAGES
    shown = texts(post)[-1]
    assert wording.LEFT_OUT in shown
    assert "**FAIL**" in shown
    assert all(list(message_faults(one)) == [] for one in sent)


def test_long_lines_are_folded_and_labels_cut() -> None:
    """A folded line loses nothing; a cut one says so."""
    text = "".join(chr(33 + number % 90) for number in range(2_345))
    assert "".join(read(part).removeprefix("↳ ") for part in folded(text.replace("*", "x"))) == text.replace("*", "x")
    assert size(cut("\U0001f600" * 100, 45)) <= 45
    assert cut("short", 45) == "short"


@pytest.mark.skipif(document() is None, reason="Discord's description is not beside this project")
@pytest.mark.parametrize(
    "body",
    [
        {"components": [{"type": 99}], "flags": 32768},
        {"components": [{"type": 17, "components": []}]},
        {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "x" * 101}]}]},
        {"nonce": "x" * 26},
        {"allowed_mentions": {"parse": ["somebody"]}},
    ],
)
def test_the_description_catches_planted_faults(body: dict[str, Any]) -> None:
    """What the local Discord validates with finds what Discord would refuse."""
    assert faults_of_request("POST", "/channels/1/messages", {}, body)
    assert faults_of_request("POST", "/channels/1/letters", {}, {})

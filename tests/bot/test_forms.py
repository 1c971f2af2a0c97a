"""Forms: what opens behind a button, and what a filled-in one means."""

import asyncio
from pathlib import Path

import pytest

from bot.buttons import of_plan, read_action
from bot.forms import form, read_edit
from orchestration.errors import InvalidRequest
from orchestration.planning.edit import Edit
from orchestration.views import View
from tests.support.world import Owner, open_world, operation


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    """A pending plan of two tasks with a parameter of each kind."""
    return asyncio.run(_planned(tmp_path_factory.mktemp("forms")))


async def _planned(folder: Path) -> View:
    (folder / "workspace").mkdir()
    (folder / "workspace/items.yml").write_text("[a, b]\n")
    owner = Owner()
    owner.catalogue["operations"]["fill"] = operation(
        title="Fill\u200b in",
        says=["fill in {text}"],
        parameters={
            "text": {"type": "string"},
            "count": {"type": "integer", "default": 3},
            "force": {"type": "boolean", "default": False},
            "items": {"type": "array", "items": {"type": "string"}, "data": {"file": "items.yml"}},
        },
        **{"with": {"argv": ["true", "--", "{text}", "{count}", "{force}"]}},
    )
    async with open_world(folder, owner) as world:
        return await world.view(await world.plan("fill in soup and do first"))


def test_a_rejection_asks_for_a_reason(view: View) -> None:
    """A no may say why; its form sends the very button that opened it."""
    value = of_plan("reject", view.plan)
    found = form(read_action(value), view)
    assert (found.button, [field.name for field in found.fields]) == (value, ["reason"])
    assert not found.fields[0].required


def test_an_edit_offers_every_value_that_was_said(view: View) -> None:
    """Each parameter stands there as it is; what a file says is changed in the file."""
    found = form(read_action(of_plan("edit", view.plan)), view)
    fields = {field.name: (field.kind, field.value) for field in found.fields}
    assert fields == {
        "1.": ("check", "yes"),
        "1.text": ("text", "soup"),
        "1.count": ("text", "3"),
        "1.force": ("text", "no"),
        "2.": ("check", "yes"),
    }
    assert "\u200b" not in "".join(field.label for field in found.fields)


@pytest.mark.parametrize("verb", ["approve", "cancel"])
def test_what_is_grave_is_asked_once_more(view: View, verb: str) -> None:
    """Where a platform opens something, a question stands there and nothing is to be typed."""
    value = of_plan(verb, view.plan)  # type: ignore[arg-type]
    found = form(read_action(value), view)
    assert (found.button, found.fields) == (value, ())
    assert view.plan.code in found.text


@pytest.mark.parametrize("verb", ["details", "done", "again"])
def test_nothing_opens_behind_other_buttons(view: View, verb: str) -> None:
    """Only what needs words or a second thought has a form."""
    with pytest.raises(InvalidRequest, match="Nothing opens"):
        form(read_action(of_plan(verb, view.plan)), view)  # type: ignore[arg-type]


async def test_nothing_opens_behind_a_plan_that_was_decided(tmp_path: Path) -> None:
    """What can no longer be rejected or edited says so before anybody types."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        await world.vote(plan, yes=False)
        with pytest.raises(InvalidRequest, match="no longer open"):
            form(read_action(of_plan("edit", plan)), await world.view(plan))


def as_it_stands(view: View) -> dict[str, str]:
    """Return the fields as somebody sends them who typed nothing."""
    return {field.name: field.value for field in form(read_action(of_plan("edit", view.plan)), view).fields}


@pytest.mark.parametrize(
    ("changes", "edit"),
    [
        ({"1.count": "5"}, Edit(frozenset(), {1: {"count": "5"}})),
        ({"1.count": "5", "1.force": "yes"}, Edit(frozenset(), {1: {"count": "5", "force": "yes"}})),
        ({"2.": "no"}, Edit(frozenset([2]), {})),
        ({"1.": "no", "1.count": "5"}, Edit(frozenset([1]), {})),
        ({"1.text": ""}, Edit(frozenset(), {1: {"text": ""}})),
    ],
)
def test_a_form_means_what_was_changed_in_it(view: View, changes: dict[str, str], edit: Edit) -> None:
    """Values that are another than before, and tasks whose box is empty; those of a dropped task do not count."""
    assert read_edit(view, {**as_it_stands(view), **changes}) == edit
    assert read_edit(view, changes) == edit


@pytest.mark.parametrize("changes", [{}, {"1.count": "3"}, {"1.force": "no", "2.": "yes"}])
def test_a_form_in_which_nothing_was_changed_is_refused(view: View, changes: dict[str, str]) -> None:
    """There is no new revision that says the same."""
    with pytest.raises(InvalidRequest, match="every value is as it was"):
        read_edit(view, {**as_it_stands(view), **changes})


@pytest.mark.parametrize(
    ("name", "said"), [("1.cuont", "cuont of task 1"), ("3.", "task 3"), ("1.items", "items of task 1")]
)
def test_what_cannot_be_edited_is_refused_whole(view: View, name: str, said: str) -> None:
    """A field that is not there is named, and what stands beside it does not count either."""
    with pytest.raises(InvalidRequest, match=f"There is no {said} to edit here"):
        read_edit(view, {"1.count": "5", name: "5"})

"""What people live through with Sayso, from the first word to the proof, on every platform there is here."""

import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from orchestration.ports import Tokens
from tests.journeys import stories
from tests.journeys.stories import STORIES, Story
from tests.support.models.scripted import ScriptedModel
from tests.support.stage import House, Stage, homelab_owner, small_owner
from tests.support.stages import STAGES, raised

KEY_STORY = stories.a_correction_in_the_thread
CONNECTED = ("slack", "discord")
"""Platforms with a server, where a journey takes a second or two; at every run only some are played on them."""
AT_EVERY_RUN = (
    stories.asked_back_and_answered_by_button,
    stories.killed_in_the_middle,
)
SCRIPTED_FIRST = [pytest.param(name, marks=() if name == "scripted" else pytest.mark.slow) for name in STAGES]
CONNECTED_LATER = [pytest.param(name, marks=pytest.mark.slow if name in CONNECTED else ()) for name in STAGES]
JOURNEYS = [
    pytest.param(
        name,
        story,
        id=f"{name}-{story.__name__}",
        marks=pytest.mark.slow if name in CONNECTED and story not in AT_EVERY_RUN else (),
    )
    for name in STAGES
    for story in STORIES
]


def _points(story: Story) -> int:
    """Return how many points a story has at which Sayso may be restarted."""
    return inspect.getsource(story).count("    yield\n")


async def play(stage: Stage, story: Story, restarts_after: Callable[[int], bool] = lambda _point: False) -> None:
    """Play a story, with restarts at some of its points."""
    point = 0
    async for _ in story(stage):
        point += 1
        if restarts_after(point):
            await stage.restart()
    assert point == _points(story)


@pytest.fixture(params=CONNECTED_LATER)
def platform(request: pytest.FixtureRequest) -> str:
    """Each platform."""
    return str(request.param)


@pytest.fixture
async def stage(platform: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage with a small owner."""
    async with raised(platform, House(tmp_path, small_owner())) as found:
        yield found


@pytest.mark.parametrize(("platform", "story"), JOURNEYS)
async def test_a_journey(stage: Stage, story: Story) -> None:
    """Each journey comes to its end."""
    await play(stage, story)


@pytest.mark.parametrize("name", SCRIPTED_FIRST)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_a_journey_with_a_restart_between_every_two_steps(name: str, tmp_path: Path, story: Story) -> None:
    """Each journey comes to the same end when Sayso is restarted at every one of its points."""
    async with raised(name, House(tmp_path, small_owner())) as stage:
        await play(stage, story, lambda _point: True)


@pytest.mark.parametrize("after", range(1, _points(KEY_STORY) + 1))
async def test_the_same_journey_with_one_restart(stage: Stage, after: int) -> None:
    """Wherever a single restart falls, the journey comes to the same end."""
    await play(stage, KEY_STORY, lambda point: point == after)


@pytest.mark.parametrize("story", [stories.too_much_at_once, stories.too_many_pending])
async def test_people_do_not_drown_each_other(platform: str, tmp_path: Path, story: Story) -> None:
    """The limits of the policy hold in a conversation."""
    owner = small_owner()
    owner.policy["limits"] = {"requests_per_minute": 8, "pending_per_person": 5}
    async with raised(platform, House(tmp_path, owner)) as stage:
        await play(stage, story)


@pytest.mark.parametrize("restarts", [False, True], ids=["straight", "restarted"])
@pytest.mark.parametrize("story", [stories.a_model_answers, stories.a_budget_is_spent])
async def test_a_model_works_within_its_budget(platform: str, tmp_path: Path, story: Story, restarts: bool) -> None:
    """What a model is asked is approved first; what it costs is kept to, and a plan outwaits a spent budget."""
    owner = homelab_owner(tmp_path)
    prices = {"as_of": "2026-11-01", "per_million": {"external-model": {"input": 4, "output": 20}}}
    owner.policy |= {"budgets": {"external_per_month": "0.06"}, "prices": prices}  # one report, and not two
    model = ScriptedModel("external", ["Keep Grafana."], tokens=Tokens(1000, 2000))
    house = House(tmp_path, owner, is_real=True, models={"external": model})
    async with raised(platform, house) as stage:
        await play(stage, story, lambda _point: restarts)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("restarts", [False, True], ids=["straight", "restarted"])
async def test_the_homelab_story(platform: str, tmp_path: Path, restarts: bool) -> None:
    """The shipped example does with its real tools what the README says."""
    async with raised(platform, House(tmp_path, homelab_owner(tmp_path), is_real=True)) as stage:
        await play(stage, stories.the_homelab, lambda _point: restarts)

"""Turns keep within a platform's pace, urgent ones first, and room is kept for them."""

import asyncio

from bot.chat import Budget, Pace
from bot.pace import Lanes, Turns


def turns(burst: int = 2, per_second: float = 50, reserved: int = 0) -> Turns:
    """Return turns of a small pace."""
    return Turns(Budget(per_second=per_second, burst=burst, reserved=reserved))


async def order_of(found: Turns, *asked: tuple[str, bool]) -> list[str]:
    """Ask for turns by name and urgency; return the names in the order in which their turns came."""
    came: list[str] = []
    waiting = []
    for name, is_urgent in asked:
        turn = found.ask(is_urgent)
        turn.add_done_callback(lambda _done, name=name: came.append(name))  # type: ignore[misc]
        waiting.append(turn)
    await asyncio.wait_for(asyncio.gather(*waiting), 10)
    await asyncio.sleep(0)
    return came


async def test_turns_come_in_the_order_they_were_asked_for() -> None:
    """Nobody is overtaken by their like."""
    names = [str(number) for number in range(10)]
    assert await order_of(turns(burst=1), *[(name, False) for name in names]) == names


async def test_urgent_ones_come_first() -> None:
    """Who cannot wait overtakes who can."""
    asked = [("a", False), ("b", False), ("c", True), ("d", True), ("e", False)]
    assert await order_of(turns(burst=1), *asked) == ["a", "c", "d", "b", "e"]


async def test_one_that_becomes_urgent_is_hurried() -> None:
    """A turn that was asked for as one that can wait may be made one that cannot."""
    found = turns(burst=1)
    await found.take(is_urgent=False)
    first, second, third = (found.ask(is_urgent=False) for _ in range(3))
    found.hurry(third)
    await third
    assert not first.done()
    found.hurry(third)  # it has come already
    await asyncio.gather(first, second)


async def test_room_is_kept_for_what_cannot_wait() -> None:
    """Progress uses no more of the burst than is not reserved."""
    found = turns(burst=5, per_second=0.001, reserved=3)
    waiting = [found.ask(is_urgent=False) for _ in range(5)]
    assert [turn.done() for turn in waiting] == [True, True, False, False, False]
    urgent = [found.ask(is_urgent=True) for _ in range(4)]
    assert [turn.done() for turn in urgent] == [True, True, True, False]


async def test_no_more_turns_than_the_pace_allows() -> None:
    """Over any time there are at most the burst and what was filled up since."""
    loop = asyncio.get_running_loop()
    found, began = turns(burst=5, per_second=100), loop.time()
    for _ in range(40):
        await found.take(is_urgent=False)
    assert loop.time() - began >= (40 - 5) / 100 * 0.99


async def test_what_a_platform_counts_apart_waits_apart() -> None:
    """New messages go while no edit may, unless they count together; a rest is for both."""
    apart = Lanes(Pace(per_second=0.001, burst=1, thread_seconds=0, posts=Budget(per_second=0.001, burst=2)))
    together = Lanes(Pace(per_second=0.001, burst=1, thread_seconds=0))
    for lanes, are_apart in ((apart, True), (together, False)):
        await lanes.edits.take(is_urgent=True)
        assert not lanes.edits.ask(is_urgent=True).done()
        assert lanes.posts.ask(is_urgent=True).done() == are_apart
    apart.rest(10)
    assert not apart.posts.ask(is_urgent=True).done()


async def test_a_rest_stops_everybody() -> None:
    """While the platform rests there are no turns, and after it they come one by one."""
    loop = asyncio.get_running_loop()
    found = turns(burst=10, per_second=1_000)
    await found.take(is_urgent=True)
    found.rest(0.2)
    began = loop.time()
    await found.take(is_urgent=True)
    assert loop.time() - began >= 0.19


async def test_a_longer_rest_is_not_shortened() -> None:
    """A second, shorter rest does not end the first."""
    loop = asyncio.get_running_loop()
    found = turns(burst=10, per_second=1_000)
    found.rest(0.3)
    found.rest(0.01)
    began = loop.time()
    await found.take(is_urgent=True)
    assert loop.time() - began >= 0.29


async def test_one_who_gives_up_uses_no_turn() -> None:
    """A cancelled wait costs nothing and holds up nobody."""
    found = turns(burst=1, per_second=20)
    await found.take(is_urgent=False)
    gone = [found.ask(is_urgent=True) for _ in range(100)]
    for turn in gone:
        turn.cancel()
    await asyncio.wait_for(found.take(is_urgent=False), 2)

"""What a start puts on the record of the owner's files."""

import copy
import json
from pathlib import Path
from typing import Any

from adapters.configuration import Configuration, configuration_of
from adapters.home import Home
from adapters.settings import Settings
from adapters.wiring import open_sayso
from orchestration.events import SYSTEM
from orchestration.records import Event, Snapshot
from tests.support.world import CATALOGUE, PEOPLE, POLICY


def files(**policy: Any) -> Configuration:
    """Return an owner's files, with changes to the policy."""
    texts = {"catalogue": CATALOGUE, "policy": {**copy.deepcopy(POLICY), **policy}, "people": PEOPLE}
    return configuration_of({kind: json.dumps(data) for kind, data in texts.items()})


async def start(folder: Path, configuration: Configuration) -> list[dict[str, Any]]:
    """Start and stop once; return what stands on the record of the policy by then."""
    home, settings = Home(folder / "home"), Settings(home=folder / "home", workspace=folder)
    with home.own("test"):
        async with open_sayso(settings, configuration, home) as sayso:
            found = await sayso.store.find(Event, {"chain": SYSTEM, "name": "policy.loaded"}, order_by="seq")
            hashes = {row.hash for row in await sayso.store.find(Snapshot, {"kind": "policy"})}
    told = [json.loads(event.body) for event in found]
    assert {one["sha256"] for one in told} == hashes
    return told


async def test_a_file_that_is_another_is_recorded_with_what_is_new_in_it(tmp_path: Path) -> None:
    """Each change by name, also the way back to an earlier version; a start that changes nothing adds nothing."""
    first, second = files(), files(timezone="Europe/Berlin", high_risk_keywords=["prod"])
    assert sorted((await start(tmp_path, first))[-1]["added"]) == sorted(POLICY)
    assert len(await start(tmp_path, first)) == 1
    changed = (await start(tmp_path, second))[-1]
    assert (changed["added"], changed["changed"]) == (["timezone"], ["high_risk_keywords"])
    back = await start(tmp_path, first)
    assert (len(back), back[-1]["removed"], back[-1]["sha256"]) == (3, ["timezone"], back[0]["sha256"])

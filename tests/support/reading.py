"""Reads requests against the shipped homelab, as the tests of the intake do."""

from collections.abc import Mapping

from orchestration.intake.decomposition import Decomposition, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.request import clean_text
from tests.support.homelab import catalogue

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)
NAMES: Mapping[str, str] = dict.fromkeys(("media", "notes", "photos", "recipes"), "volume")
"""Some volumes, which only the workspace knows."""


def read(text: str, names: Mapping[str, str] = NAMES) -> Decomposition:
    """Read a request against the shipped catalogue and the names of some volumes."""
    return decompose(clean_text(text), HOMELAB, MATCHER, names=names)


def planned(text: str) -> list[str]:
    """Return the operations of a plan; fails when anything is asked back."""
    found = read(text)
    assert (found.questions, found.out_of_scope) == ((), ()), text
    return [task.intent for task in found.subtasks]

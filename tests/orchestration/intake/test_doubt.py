"""What is no wish is never planned above low risk, however it is wrapped and whatever was said before it."""

from itertools import product

import pytest

from orchestration.intake.decomposition import Decomposition, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.request import clean_text
from tests.support.homelab import catalogue

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)
WISHES = [  # (do, did, doing)
    ("deploy kuma", "deployed kuma", "deploying kuma"),
    ("remove grafana", "removed grafana", "removing grafana"),
    ("delete the photos volume", "deleted the photos volume", "deleting the photos volume"),
    ("take the portals out of kuma", "took the portals out of kuma", "taking the portals out of kuma"),
    ("put kuma on port 4000", "put kuma on port 4000", "putting kuma on port 4000"),
    ("shut grafana down for good", "shut grafana down for good", "shutting grafana down for good"),
    ("get rid of it", "got rid of it", "getting rid of it"),
]
BEFORE = ["", "kuma is slow. ", "I have grafana here. ", "show status and ", "is kuma up? "]
REFUSED = """don't {0}|never {0}|please do not {0}|you must not {0}|we shouldn't {0}|I don't want to {0}|
    nobody should {0}|no need to {0}|avoid {2}|stop {2}|let's not {0}|{0}... just kidding|{0}, never mind|
    just don't {0}|refuse to {0}|cancel {0}|rather not {0}"""
SUPPOSED = """if it rains {0}|{0} if it rains|{0} if needed|in case it breaks {0}|{0} unless bob objects|
    assuming all is well {0}|what if I {0}|imagine you {1}|if that works {0}|if that's done {0}|{0} if that works|
    {0} only when I say so|{0} once I say so|{0} when I tell you|{0} after I agree"""
QUESTIONS = """should I {0}|shall we {0}?|how do I {0}|how would you {0}|tell me how to {0}|what happens if we {0}|
    who {1}|why did you {1}|have you {1}?|is {2} safe?|may I {0}?|can I {0}?|could one {0}?|when can we {0}?|
    is it ok to {0}?|ask ana whether to {0}"""
TOLD = """I {1}|bob {1}|we {1} last week|{2} is dangerous|think about {2}|I'm thinking about {2}|bob wants to {0}|
    tell bob to {0}|remind me to {0}|it would be wrong to {0}|{0} tomorrow|{0} at 5pm|in an hour {0}|before {2} ask me|
    "{0}"|write a script to {0}"""


@pytest.mark.parametrize("ways", [REFUSED, SUPPOSED, QUESTIONS, TOLD], ids=["refused", "supposed", "asked", "told"])
def test_what_is_no_wish_plans_nothing_above_low_risk(ways: str) -> None:
    """A refusal, a condition, a question and a report are asked about at most, behind other clauses too."""
    for before, way, wish in product(BEFORE, ways.split("|"), WISHES):
        text = before + way.strip().format(*wish)
        found = decompose(clean_text(text), HOMELAB, MATCHER)
        assert _risky(found) == [], text


def _risky(found: Decomposition) -> list[str]:
    if found.questions or found.out_of_scope:
        return []
    return [task.intent for task in found.subtasks if HOMELAB.operation(task.intent).risk != "low"]


@pytest.mark.parametrize(
    "text",
    ["can you deploy kuma", "could we deploy kuma please", "would you mind deploying kuma?", "deploy kuma if you can",
     "I'd appreciate it if you could deploy kuma", "when you have a minute, deploy kuma", "I'd like kuma deployed",
     "kuma needs to be deployed", "somebody please deploy kuma", "please quickly deploy kuma"],
)  # fmt: skip
def test_courtesy_is_no_doubt(text: str) -> None:
    """What people wrap a wish in to be polite leaves it a wish."""
    found = decompose(text, HOMELAB, MATCHER)
    assert [task.intent for task in found.subtasks] == ["deploy_kuma"]
    assert (found.questions, found.out_of_scope) == ((), ())

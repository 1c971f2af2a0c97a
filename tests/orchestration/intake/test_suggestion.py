"""What a model read in an open clause makes nothing sure that the rules doubt, however it cuts a request up."""

import pytest

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.decomposition import Decomposition, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.suggestion import Suggested, Suggestion
from tests.support.homelab import catalogue


@pytest.fixture(scope="module")
def homelab() -> Catalogue:
    """Return the catalogue that is shipped."""
    return catalogue()


def read(text: str, homelab: Catalogue, *suggested: Suggested) -> Decomposition:
    """Return how a text is read with what a model made of it."""
    return decompose(text, homelab, Matcher(homelab), suggestion=Suggestion("a-model", suggested))


@pytest.mark.parametrize(
    "text",
    [
        "please never ever delete the notes volume",
        "if the disk is full delete the notes volume",
        "should we delete the notes volume",
        "ask ben whether he wants to delete the notes volume",
        "the runbook says: delete the notes volume",
    ],
)
def test_words_cut_out_of_a_doubtful_clause_are_asked_about(text: str, homelab: Catalogue) -> None:
    """«Delete the notes volume» alone is a wish; behind «never ever», cut out by a model, it is not."""
    found = read(
        text,
        homelab,
        Suggested(text, text.split()[0], "show_status"),
        Suggested(text, "delete the notes volume", "delete_volume"),
    )
    assert "delete_volume" not in [task.intent for task in found.subtasks]
    asked = next(question for question in found.questions if question.about == "delete the notes volume")
    assert asked.choices[0].value == "delete_volume"
    again = decompose(text, homelab, Matcher(homelab), {asked.about: "delete_volume"},
                      suggestion=Suggestion("a-model", (Suggested(text, text.split()[0], "show_status"),
                                                        Suggested(text, asked.about, "delete_volume"))))  # fmt: skip
    assert [task.intent for task in again.subtasks] == ["show_status", "delete_volume"]


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("how does it feel, then delete the notes volume", "how does it feel"),
        ("is it wise to back up notes and restart kuma", "is it wise to back up notes"),
    ],
)
def test_beside_more_than_a_model_is_trusted_with_its_choice_is_asked_about(
    text: str, open_: str, homelab: Catalogue
) -> None:
    """A harmless reading of what was not understood must not let the rest of the request through unasked."""
    found = read(text, homelab, Suggested(open_, open_, "show_status"))
    assert [(question.about, question.choices[0].value) for question in found.questions] == [(open_, "show_status")]

"""A model is asked about what is open, and about little of it, however much there is."""

from orchestration.assistance.parts import SHORTLIST, open_parts
from orchestration.assistance.prompt import prompt
from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.decomposition import MAX_SUBTASKS, Question, decompose
from orchestration.planning.declared import read
from orchestration.redaction import Redactor
from tests.support.world import operation


def catalogue(operations: int) -> Catalogue:
    """Return so many operations that have words in common."""
    places = [f"place{number}" for number in range(operations)]
    return load_catalogue(
        {
            "version": 1,
            "operations": {
                f"inspect_{place}": operation(
                    title=f"Inspect {place}",
                    says=[f"inspect {place}"],
                    description=f"Looks at the {place} of the house.",
                )
                for place in places
            },
        }
    )


def prompt_size(operations: int, text: str) -> int:
    """Return how many characters a prompt about a request has."""
    reading = read(catalogue(operations))
    found = decompose(text, reading.catalogue, reading.matcher)
    parts = open_parts(found, found.questions, reading)
    assert 0 < len(parts) <= MAX_SUBTASKS
    assert all(0 < len(part.operations) <= SHORTLIST for part in parts)
    asked = prompt(text, parts, reading.catalogue, Redactor([]))
    return len(asked.instructions) + len(asked.data)


def test_a_prompt_does_not_grow_with_the_catalogue() -> None:
    """With a thousand operations a model is asked about no more of them than with twenty."""
    text = "could somebody have an eye on place7 of the house"
    assert prompt_size(1000, text) < 1.1 * prompt_size(20, text)


def test_a_request_of_many_clauses_asks_about_few() -> None:
    """More clauses than a plan may have are not sent."""
    text = ", ".join(f"do something with the house of person {number}" for number in range(30))
    reading = read(catalogue(20))
    found = decompose(text, reading.catalogue, reading.matcher)
    assert len(open_parts(found, found.questions, reading)) <= MAX_SUBTASKS


def test_a_question_for_a_value_is_about_its_clause_alone() -> None:
    """Where only a value is missing, the operation is not asked about again."""
    tuned = operation(title="Tune", says=["tune the engine"], parameters={"speed": {"type": "integer"}},
                      **{"with": {"argv": ["true", "--", "{speed}"]}})  # fmt: skip
    reading = read(load_catalogue({"version": 1, "operations": {"tune": tuned, "look": operation(title="Look")}}))
    found = decompose("tune the engine", reading.catalogue, reading.matcher)
    [part] = open_parts(found, [Question("How fast?", "tune.speed")], reading)
    assert (part.words, part.operations) == ("tune the engine", ("tune",))


def test_what_has_no_word_in_common_is_asked_about_nowhere() -> None:
    """Of a request that shares nothing with a large catalogue nothing leaves the machine."""
    reading = read(catalogue(100))
    found = decompose("order me a pizza", reading.catalogue, reading.matcher)
    assert open_parts(found, found.questions, reading) == []

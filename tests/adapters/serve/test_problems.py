"""Errors cross the socket as themselves."""

import pytest

from adapters.cli import exits
from adapters.serve.problems import document, error_of, status_of
from orchestration.errors import (
    ChangedSinceApproval,
    ConfigurationError,
    Conflict,
    HomeBusy,
    InvalidRequest,
    InvariantBroken,
    NotAllowed,
    NotFound,
    NotPending,
    Problem,
    SaysoError,
    StaleRevision,
    TooMany,
    Unavailable,
)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (InvalidRequest, 422), (NotFound, 404), (NotAllowed, 403), (Conflict, 409), (StaleRevision, 409),
        (NotPending, 409), (ChangedSinceApproval, 409), (Unavailable, 503), (HomeBusy, 503), (TooMany, 503),
        (InvariantBroken, 500),
    ],
)  # fmt: skip
def test_an_error_comes_back_as_itself(kind: type[SaysoError], status: int) -> None:
    """Its class, its sentence and its exit code are the same on both sides."""
    found = error_of(document(kind("What is wrong, and what to do.")))
    assert (type(found), str(found)) == (kind, "What is wrong, and what to do.")
    assert status_of(found) == status
    assert exits.of_error(found) == exits.of_error(kind())


def test_the_faults_of_files_come_back_one_by_one() -> None:
    """Each with its file, line and key."""
    problems = [Problem("policy.yml", 3, "ask", "must be a list"), Problem("SAYSO_HOME", None, "", "no")]
    found = error_of(document(ConfigurationError(problems)))
    assert isinstance(found, ConfigurationError)
    assert found.problems == problems


@pytest.mark.parametrize("problem", [{}, {"type": "about:blank", "title": "Not Found"}, {"type": "urn:sayso:error:X"}])
def test_what_nobody_knows_is_an_error_all_the_same(problem: dict[str, str]) -> None:
    """An answer of another program, or of another version, is not taken for success."""
    assert isinstance(error_of(problem), Unavailable)
    assert str(error_of(problem))

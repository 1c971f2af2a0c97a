"""Operations of which only a name and a description are known: ranked, related or refused, planned or asked."""

import time
from typing import Any

import pytest

from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.decomposition import Decomposition, decompose
from orchestration.intake.matching import Matcher
from tests.support.world import operation


def described(name: str, text: str, risk: str = "low", **changes: Any) -> dict[str, Any]:
    """Return an operation whose only phrase is its name."""
    effect = "read_only" if risk == "low" else "idempotent"
    said = name.replace("_", " ")
    return operation(title=said.capitalize(), says=[said], description=text, risk=risk, effect=effect, **changes)


def text(about: str, **changes: Any) -> dict[str, Any]:
    """Return a parameter of any text."""
    return {"type": "string", "description": about, **changes}


CATALOGUE = load_catalogue(
    {
        "version": 1,
        "operations": {
            "weather_forecast": described(
                "weather_forecast", "Tells the weather in a city for the next days.", parameters={"city": text("City.")}
            ),
            "find_movies": described(
                "find_movies", "Searches movies by genre and by who directed them or stars in them.",
                parameters={"genre": text("Genre.", enum=["Comedy", "Horror"], required=False)},
            ),
            "currency_conversion": described(
                "currency_conversion", "Converts an amount from one currency into another.",
                parameters={"amount": text("How much."), "currency": text("Into which.")},
            ),
            "get_user": described(
                "get_user", "Shows the account of a user: full name, mail address, last login.",
                parameters={"user": text("Name of the user.")},
            ),
            "delete_user": described(
                "delete_user", "Deletes the account of a user for good.", "high",
                parameters={"user": text("Name of the user.")},
            ),
            "send_invoice": described("send_invoice", "Sends an invoice to a customer by mail.", "medium"),
        },
    }
)  # fmt: skip
MATCHER = Matcher(CATALOGUE)


def read(request: str, catalogue: Catalogue = CATALOGUE) -> Decomposition:
    """Return what is made of a request."""
    return decompose(request, catalogue, Matcher(catalogue))


def planned(request: str) -> list[str]:
    """Return the operations of the plan; nothing when there is none."""
    found = read(request)
    return [] if found.questions or found.out_of_scope else [subtask.intent for subtask in found.subtasks]


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        ("What's the weather going to be in Berlin this weekend?", "weather_forecast"),
        ("Could you find me a comedy movie directed by Wes Anderson?", "find_movies"),
        ("convert 30 dollars into another currency", "currency_conversion"),
        ("what is the mail address in the account of the user ana?", "get_user"),
    ],
)
def test_a_description_is_enough_to_plan_what_is_of_low_risk(request_: str, key: str) -> None:
    """What is of low risk is planned by its name and its description, in the words of whoever asks."""
    assert planned(request_) == [key]


@pytest.mark.parametrize("request_", ["play chess with me", "write a poem about the sea", "what is 5 times 7?"])
def test_what_no_description_is_near_is_refused(request_: str) -> None:
    """What shares nothing that tells with any description is out of scope."""
    assert read(request_).out_of_scope


@pytest.mark.parametrize(
    "request_",
    ["please delete the account of ana", "erase the user ana", "should I delete a user?",
     "bob deleted the user ana yesterday", "how do I delete a user?", "mail the invoice to acme",
     "delete the invoice of the user ana"],
)  # fmt: skip
def test_a_description_is_never_enough_to_plan_what_could_do_harm(request_: str) -> None:
    """Above low risk a description leads to a question, whatever is shared."""
    found = read(request_)
    assert found.questions
    assert not found.subtasks


@pytest.mark.parametrize("request_", ["don't delete the user ana", "never send an invoice to acme"])
def test_what_is_not_to_be_done_is_no_question(request_: str) -> None:
    """Who only says what is to be left alone wants nothing done."""
    found = read(request_)
    assert found.out_of_scope
    assert not found.subtasks


def test_what_could_do_harm_is_planned_by_its_name() -> None:
    """The name, said in full and with nothing beside it that means something else, is a phrase like any other."""
    assert planned("please send the invoice to a customer now") == ["send_invoice"]


def test_a_wish_that_nothing_fulfils_is_no_detail_of_another() -> None:
    """A wish that nothing can fulfil is told, and not taken for a detail of the one beside it."""
    found = read("what's the weather in Paris, France, and order a pizza")
    assert found.out_of_scope == ("order a pizza",)
    assert [subtask.intent for subtask in found.subtasks] == ["weather_forecast"]


@pytest.mark.parametrize(
    "request_",
    [
        "Tell me the weather forecast for Rome, Italy, and for Milan",
        "The city is Oslo. What's the weather there?",
        "I leave on Monday. Tell me the weather in Berlin. It should be for the next days.",
        "Find a horror movie, which is directed by John Carpenter and has Kurt Russell in it",
    ],
)
def test_what_only_tells_about_a_wish_goes_with_it(request_: str) -> None:
    """Pieces of a sentence that wish for nothing are details of the described operation beside them."""
    found = read(request_)
    assert not found.out_of_scope
    assert len({subtask.intent for subtask in found.subtasks} or {one.about for one in found.questions}) == 1


def test_a_detail_is_read_with_its_wish() -> None:
    """What went with a wish is part of its text, from which values are read."""
    (subtask,) = read("Tell me the weather forecast for Rome, Italy").subtasks
    assert subtask.text == "Tell me the weather forecast for Rome, Italy"


def test_two_wishes_are_two_things() -> None:
    """A second sentence that asks for something is no detail of the first."""
    found = read("Tell me the weather in Rome. Find a comedy movie with Jim Carrey.")
    assert [subtask.intent for subtask in found.subtasks] == ["weather_forecast", "find_movies"]


def test_an_interest_is_a_wish() -> None:
    """Who speaks of an interest in something wishes for it; it is not lost beside another wish."""
    found = read("Tell me the weather in Rome. I'm also interested in comedy movies.")
    assert [subtask.intent for subtask in found.subtasks] == ["weather_forecast", "find_movies"]


def test_words_near_in_meaning_stand_in_for_words_that_nobody_knows() -> None:
    """«dollars» finds a currency where no description has a dollar."""
    assert MATCHER.shortlist("how many dollars do I get for 100 euros")[0] == "currency_conversion"


def test_forms_of_a_word_find_each_other() -> None:
    """«conversion» is found by «converting», «movies» by «movie»."""
    assert MATCHER.shortlist("converting money")[0] == "currency_conversion"
    assert MATCHER.shortlist("a movie")[0] == "find_movies"


def test_a_value_of_an_enum_tells_its_operation() -> None:
    """A request that names a value speaks of what takes it."""
    assert MATCHER.best("some horror for tonight")[0].operation == "find_movies"


def test_of_two_alike_the_one_that_wants_less_comes_first() -> None:
    """Who says little is more likely to mean what needs little."""
    wanting = {name: text("Something.") for name in ("seat", "row", "payer")}
    alike = load_catalogue(
        {
            "version": 1,
            "operations": {
                "movie_book": described("movie_book", "About a movie.", parameters=wanting),
                "movie_look": described("movie_look", "About a movie.", parameters={"seat": text("Something.")}),
            },
        }
    )
    assert Matcher(alike).best("a movie")[0].operation == "movie_look"


def test_an_operation_with_a_phrase_of_its_own_is_understood_by_its_phrases() -> None:
    """A description adds nothing to an operation that its owner gave phrases to."""
    spoken = operation(title="Forecast", says=["what will it be like"], description="Tells the weather in a city.")
    found = read("the weather in Berlin", load_catalogue({"version": 1, "operations": {"forecast": spoken}}))
    assert found.out_of_scope == ("the weather in Berlin",)


def test_a_shortlist_has_what_is_likeliest_first_and_no_more_than_its_size() -> None:
    """A shortlist is for somebody else to choose from: it names operations that are no match as well."""
    assert MATCHER.shortlist("the weather in Berlin", 3)[0] == "weather_forecast"
    assert len(MATCHER.shortlist("the account of a user in a city", 2)) == 2
    assert set(MATCHER.shortlist("the account of a user", 5)) >= {"get_user", "delete_user"}


def test_a_small_catalogue_is_its_own_shortlist() -> None:
    """Where everything fits, everything is named, even for a request in another language."""
    assert set(MATCHER.shortlist("Wie wird das Wetter?")) == set(CATALOGUE.operations)
    assert MATCHER.shortlist("Wie wird das Wetter?", 3) == []


def test_long_descriptions_are_searched_fast() -> None:
    """A thousand described operations take no longer than people notice."""
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda sigma omega".split()  # noqa: SIM905
    operations = {
        f"{a}_{b}_{c}": described(f"{a}_{b}_{c}", f"Tells the {a} of each {b} in a {c}. " * 5)
        for a in words for b in words for c in words[:6]
    }  # fmt: skip
    many = Matcher(load_catalogue({"version": 1, "operations": operations}))
    started = time.perf_counter()
    for _ in range(20):
        assert many.shortlist("please tell me the gamma of all deltas in zeta")[0] == "gamma_delta_zeta"
    assert time.perf_counter() - started < 2

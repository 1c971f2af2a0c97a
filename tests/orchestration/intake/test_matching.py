"""Which operation a clause means: phrases, slots, the weight of words, and words that turn a wish round."""

import time
from typing import Any

import pytest

from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.laying import Match
from orchestration.intake.matching import Matcher
from orchestration.intake.words import stem, words
from tests.support.world import operation


def catalogue(**says: list[str]) -> Catalogue:
    """Return a catalogue of operations by what people say for them; every slot is a text."""
    operations: dict[str, Any] = {}
    for key, phrases in says.items():
        named = {slot: {"type": "string"} for slot in ("name", "other") if f"{{{slot}}}" in " ".join(phrases)}
        operations[key] = operation(title=f"Task {key}", says=phrases, parameters=named)
    return load_catalogue({"version": 1, "operations": operations})


SERVICES = Matcher(
    catalogue(
        deploy_kuma=["deploy kuma", "set up uptime kuma"],
        deploy_grafana=["deploy grafana"],
        remove_kuma=["remove kuma"],
        restart=["restart {name}", "restart the {name} service", "turn {name} off and on again"],
        copy=["copy {name} to {other}"],
        greet=["hello"],
    )
)


def best(clause: str) -> Match:
    """Return the best match."""
    return SERVICES.best(clause)[0]


@pytest.mark.parametrize(
    "clause",
    ["deploy kuma", "Deploy KUMA!", "please deploy kuma", "could you deploy kuma now",
     "I'd like you to deploy kuma, thanks"],
)  # fmt: skip
def test_a_phrase_is_sure(clause: str) -> None:
    """A phrase as it was declared is meant, in any case and among courtesies."""
    assert (best(clause).operation, best(clause).score) == ("deploy_kuma", 1.0)


@pytest.mark.parametrize("clause", ["deploying kuma", "kuma deploy", "deploy the kuma", "deplоy kumа"])
def test_endings_order_articles_and_look_alikes_do_not_matter(clause: str) -> None:
    """Words count by their stem, in any order, as their reader sees them."""
    assert (best(clause).operation, best(clause).score) == ("deploy_kuma", 1.0)


@pytest.mark.parametrize(
    ("clause", "captured"),
    [
        ("restart kuma", {"name": "kuma"}),
        ("restart time.example.org", {"name": "time.example.org"}),
        ("please restart the kuma service", {"name": "kuma"}),
        ("Restart my kuma service please!", {"name": "kuma"}),
        ("restart kuma service", {"name": "kuma"}),
        ("restart salt and pepper", {"name": "salt and pepper"}),
        ("turn it off and on again", {"name": "it"}),
        ("copy a b to c d e", {"name": "a b", "other": "c d e"}),
        ("copy\n a  to\tb", {"name": "a", "other": "b"}),
    ],
)
def test_slots_take_the_words_in_their_place(clause: str, captured: dict[str, str]) -> None:
    """A slot in a phrase takes up to four words, one at its end all that follow; any article may stand before it."""
    assert best(clause).captured == captured


def test_the_phrase_that_says_most_is_meant() -> None:
    """Where two phrases fit, the one with more words of its own wins, within an operation and between two."""
    echoes = Matcher(catalogue(echo=["echo {name}"], slow=["echo slowly {name}"]))
    found = echoes.best("echo slowly it")
    assert (found[0].operation, found[0].captured) == ("slow", {"name": "it"})
    assert found[0].score - found[1].score > 0.1


def test_an_article_is_no_value() -> None:
    """«restart the service» names no service."""
    assert "the" not in best("restart the service").captured.values()


def test_a_phrase_of_small_words_only_is_found_as_it_is() -> None:
    """A phrase made of words that carry no meaning elsewhere is still a phrase."""
    assert (best("Hello!").operation, best("Hello!").score) == ("greet", 1.0)


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    """What only one operation knows tells more than what several know."""
    rare, common = best("grafana"), best("deploy")
    assert rare.operation == "deploy_grafana"
    assert rare.score > common.score


def test_what_is_said_beside_a_phrase_lowers_its_score() -> None:
    """The more of a clause a phrase leaves unexplained, the less it is meant."""
    clauses = [
        "deploy kuma",
        "deploy kuma today",
        "deploy kuma today with bells",
        "write a poem about a deploy of kuma",
    ]
    scores = [
        next(match.score for match in SERVICES.best(clause) if match.operation == "deploy_kuma") for clause in clauses
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


def test_naming_a_parameter_takes_nothing_away() -> None:
    """The names of parameters and of their values explain themselves."""
    port = {"type": "string", "enum": ["web", "mail"], "synonyms": {"web": ["www"]}, "says": ["listening on"]}
    owned = operation(says=["open the gate"], parameters={"port": port}, target="{port}")
    gates = Matcher(load_catalogue({"version": 1, "operations": {"gate": owned}}))
    for clause in ("open the gate", "open the gate, port www", "open the gate listening on mail"):
        assert gates.best(clause)[0].score == 1.0
    assert gates.best("open the gate to heaven")[0].score < 1.0


@pytest.mark.parametrize(
    "clause",
    ["don't deploy kuma", "don’t deploy kuma", "do not deploy kuma", "never deploy kuma", "undo deploy kuma",
     "should I deploy kuma", "how do I deploy kuma", "if it rains deploy kuma", "deploy kuma unless it rains",
     "why did you deploy kuma", "cancel deploy kuma", "deploy everything except kuma"],
)  # fmt: skip
def test_a_wish_turned_round_is_not_sure(clause: str) -> None:
    """A negation, a condition or a question about an operation is enough to ask, and never enough to plan."""
    assert 0.1 < best(clause).score < 0.6


def test_a_word_that_turns_round_counts_as_any_other_inside_a_phrase() -> None:
    """What an owner declared is meant as declared."""
    stops = Matcher(catalogue(stop=["stop watching"], go=["watch"]))
    assert (stops.best("please stop watching")[0].operation, stops.best("stop watching")[0].score) == ("stop", 1.0)


def test_quoted_words_are_a_value() -> None:
    """What stands in quotes is not searched for operations; an apostrophe begins no quote."""
    assert SERVICES.best('"deploy kuma"') == []
    assert best("restart 'deploy kuma'").operation == "restart"
    assert best("the team's plan isn't to deploy kuma").operation == "deploy_kuma"


@pytest.mark.parametrize("clause", ["", "!?", "order a pizza", "the of and"])
def test_what_no_operation_knows_matches_nothing(clause: str) -> None:
    """Without a word in common there is no match, not even a bad one."""
    assert SERVICES.best(clause) == []


def test_scores_stay_between_0_and_1_and_best_comes_first() -> None:
    """Matches come in order, each operation once."""
    for clause in ("deploy", "kuma", "restart kuma and remove it", "deploy grafana kuma uptime"):
        found = SERVICES.best(clause)
        assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
        assert all(0 < match.score <= 1 for match in found)
        assert len({match.operation for match in found}) == len(found)


def test_words_are_stemmed_and_small_ones_left_out() -> None:
    """Common endings go where enough is left; letters of any alphabet are words."""
    assert words("Please deploying the Portals_to CONFIG 5") == ["deploy", "portal", "config", "5"]
    assert words("удали всё 删除") == words("удали всё 删除".upper()) != []
    assert [stem(word) for word in ("sing", "red", "portals", "added", "watches")] == [
        "sing",
        "red",
        "portal",
        "add",
        "watch",
    ]


def test_a_phrase_is_no_expression() -> None:
    """Signs in a phrase mean nothing, neither there nor in a clause."""
    signs = Matcher(catalogue(ask=["what's up (really)?"], join=["join a.c"]))
    assert (signs.best("what's up (really)?")[0].operation, signs.best("What's up really")[0].score) == ("ask", 1.0)
    assert signs.best("join abc")[0].score < 1.0


@pytest.mark.parametrize(
    "clause",
    ["please " * 1400, "copy " + "x " * 4900, "copy " + "x" * 9990, "restart " + " " * 9980 + "x", "to " * 3000,
     "'" * 9999],
)  # fmt: skip
def test_no_clause_takes_long(clause: str) -> None:
    """A clause of the greatest length is read in a moment, whatever it repeats."""
    started = time.process_time()
    SERVICES.best(clause)
    assert time.process_time() - started < 1

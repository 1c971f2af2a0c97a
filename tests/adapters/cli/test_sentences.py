"""What commands say at a terminal: what to type next."""

import pytest

from adapters.cli import sentences


def test_what_to_type_next_is_said() -> None:
    """Whatever stays open says the commands that go on with it, by the name that was typed."""
    assert "sayso approve 7K2MQ4" in sentences.left_pending("7K2MQ4")
    assert "sayso reject 7K2MQ4" in sentences.left_pending("7K2MQ4")
    assert "bin/sayso approve 7K2MQ4" in sentences.left_pending("7K2MQ4", "bin/sayso")
    assert sentences.say_which("bin/sayso").endswith("bin/sayso chat")
    told = "\n".join(sentences.unknown_outcome("7K2MQ4", 2, "Deploy"))
    for outcome in ("done", "retry", "abort"):
        assert f"sayso resolve 7K2MQ4/2 {outcome}" in told
    assert "7K2MQ4" in sentences.goes_on_later("7K2MQ4")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (sentences.serve_goes_on([]), "Nothing waits."),
        (sentences.serve_goes_on(["A"]), "A goes on in sayso serve."),
        (sentences.serve_goes_on(["A", "B"]), "A and B go on in sayso serve."),
        (sentences.stopping(0, 30), "Stopping."),
    ],
)
def test_sentences_bend_to_their_numbers(found: str, words: str) -> None:
    """One or many, something or nothing."""
    assert found == words

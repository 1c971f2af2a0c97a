"""Which of the values that a parameter takes a word means: as it is written, by a synonym, or with one typing error.

Called by `parameters.py` for enums and for names that data lists.
"""

from collections.abc import Iterator

from orchestration.intake.declaration import Parameter
from orchestration.intake.request import fold

MIN_TYPO_LENGTH = 4
"""Shorter words are too near to each other for one letter to be an error."""
MIN_TYPO_LENGTH_AMONG_WORDS = 5
"""The same for a word in the middle of others, where nothing says that a value stands there."""


def spellings(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Yield (value, a way to say it) for every value and each of its synonyms."""
    for value in parameter.enum or []:
        yield str(value), str(value)
        for word in parameter.synonyms.get(str(value), []):
            yield str(value), word


def meant(parameter: Parameter, said: str, forgiving: bool) -> str:
    """Return the value that was meant; what was said, when that is none or might be two."""
    if said in map(str, parameter.enum or []):
        return said
    folded = fold(said)
    exact = {value for value, word in spellings(parameter) if fold(word) == folded}
    if len(exact) == 1:
        return exact.pop()
    near = set() if exact or not forgiving else mistyped(parameter, folded, MIN_TYPO_LENGTH)
    return near.pop() if len(near) == 1 else said


def mistyped(parameter: Parameter, folded: str, least: int) -> set[str]:
    """Return the values from which a folded text is one typing error away."""
    if len(folded) < least:
        return set()
    return {value for value, word in spellings(parameter) if is_one_error(folded, fold(word))}


def is_one_error(one: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong, or two letters in each other's place tell two texts apart.

    Never a digit: «web1» is not «web2» mistyped.
    """
    if abs(len(one) - len(other)) > 1 or one == other or _digits(one) != _digits(other):
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    here, there = one[start:], other[start:]
    if here[1:] == there or here == there[1:] or here[1:] == there[1:]:
        return True
    return here[:2] == there[1::-1] and here[2:] == there[2:]


def _digits(text: str) -> list[str]:
    return [character for character in text if not character.isalpha()]

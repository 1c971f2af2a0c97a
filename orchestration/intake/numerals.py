"""Whole numbers in words: «four thousand», «thirty-one hundred», «eighty eighty».

Called wherever a number is read or looked for. A run of such words is taken as a whole or not at all, so that what is
no one number («thirty one two») is asked about and never cut short.
"""

import re
from collections.abc import Sequence

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty""".split()  # noqa: SIM905 (a list of words reads better as words)
    )
} | {
    word: tens * 10
    for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), start=3)  # noqa: SIM905
}
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = rf"(?:{'|'.join((*NUMBER_WORDS, *SCALES))})\b"
_SCALE = rf"(?:{'|'.join(SCALES)})\b"
_PART = rf"(?:{_SCALE}(?:\s++and(?=\s++{_WORD}(?!\s++(?:more|of|other)\b)))?+|{_WORD})"
# Possessive, so that no run of words takes longer than its length allows.
SPELT = rf"(?<![\w-])(?:an?\s++(?={_SCALE}))?+{_PART}(?:(?:\s++|-){_PART})*+(?![\w-])"
"""Expression for a run of number words, to be searched without regard to case."""
LONG_SPELT = rf"(?<![\w-])(?:an?\s++(?={_SCALE})|(?={_PART}(?:\s++|-){_PART})){_PART}(?:(?:\s++|-){_PART})*+(?![\w-])"
"""The same, for those of two words at least."""


def read_spelt(text: str) -> int | None:
    """Return the number that a folded run of words stands for; None when it stands for none."""
    words = [word for word in re.split(r"[\s-]+", text.strip()) if word != "and"]
    if not words or words in (["a"], ["an"]) or not {*words} <= {*NUMBER_WORDS, *SCALES, "a", "an"}:
        return None
    number = _scaled(words, ("million", "thousand", "hundred"))
    return _as_digits(words) if number is None else number


def _scaled(words: Sequence[str], scales: Sequence[str]) -> int | None:
    """Return what the words come to, the largest scale first: «three thousand» is three, a thousand times."""
    if not scales:
        return _below_hundred(words)
    scale, *smaller = scales
    if scale not in words:
        return _scaled(words, smaller)
    place = words.index(scale)
    before, behind = words[:place], words[place + 1 :]
    times = 1 if before in (["a"], ["an"]) else _scaled(before, smaller)
    rest = _scaled(behind, smaller) if behind else 0
    return None if not times or rest is None or rest >= SCALES[scale] else times * SCALES[scale] + rest


def _below_hundred(words: Sequence[str]) -> int | None:
    numbers = [NUMBER_WORDS.get(word, 0) for word in words]
    if len(words) == 1 and words[0] in NUMBER_WORDS:
        return numbers[0]
    is_pair = len(words) == 2 and numbers[0] >= 20 and 1 <= numbers[1] <= 9
    return sum(numbers) if is_pair else None


def _as_digits(words: Sequence[str]) -> int | None:
    """Return what is said digit by digit, «three zero zero one», or in two halves, «eighty eighty»."""
    numbers = [NUMBER_WORDS.get(word, -1) for word in words]
    if len(words) > 2 and numbers[0] and all(0 <= number <= 9 for number in numbers):
        return int("".join(map(str, numbers)))
    for place in range(1, len(words)):
        one, other = _below_hundred(words[:place]) or 0, _below_hundred(words[place:]) or 0
        if min(one, other) >= 10:
            return one * 100 + other
    return None

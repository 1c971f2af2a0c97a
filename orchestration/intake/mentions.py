"""What a clause mentions that may be a value: numbers, quotes, names, codes, dates, and lists of such.

Called by `evidence.py`, which tells whose value each is. Nothing here knows the catalogue.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from orchestration.intake.numerals import NUMBER_WORDS
from orchestration.intake.request import fold
from orchestration.intake.tokens import Token, tokens_in
from orchestration.intake.values import NUMBER
from orchestration.intake.words import COURTESIES, LIGHT, QUESTIONS, SILENT, words_in

Kind = Literal["number", "quote", "name", "code", "date", "time", "url", "email", "list"]

MAX_MENTIONS = 40
"""Of one clause; beyond, nobody could tell which is whose."""
MAX_AROUND = 6
"""Words beside a mention that are looked at."""
_INSIDE_NAMES = frozenset(("of", "the", "de", "da", "del", "la", "van", "von", "vs", "v"))
_LEADING = frozenset("in on at from to with for of by as within near between into using via per over under".split())  # noqa: SIM905
_STREET = re.compile(
    r"\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|apartments|square|plaza|way)\b", re.IGNORECASE
)
"""With such a word in a name, the number before it is part of it."""
_BETWEEN = re.compile(r"\s*+(?:,\s*+(?:and|or)?|and|or|&)\s*+", re.IGNORECASE)
_NEVER_NAMES = SILENT | QUESTIONS | LIGHT | COURTESIES | {"id", "uuid", "url", "ip", "api", "http", "https"}
_REGION = re.compile("[A-Z]{2}")
"""What a comma ties to the name of a place: «Boston, MA»."""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_POSSESSIVE = re.compile(r"['’]s$")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something in a clause that may be a value."""

    kind: Kind
    text: str
    """As it was written, without quotes and brackets."""
    start: int
    end: int
    before: tuple[str, ...] = ()
    """Folded words before it, the nearest first, up to the mention or the sentence before."""
    after: tuple[str, ...] = ()
    """Folded words behind it, up to the mention, the comma or the end of the sentence."""
    unit: str = ""
    """What is glued to a number: `kg`, `%`."""
    is_owner: bool = False
    """Whether something of it follows: «Van Gogh's painting»."""
    parts: tuple["Mention", ...] = ()
    """Of a list."""


def mentions_in(clause: str, names: Collection[str] = ()) -> list[Mention]:
    """Return what a clause mentions, in its order; lists stand behind. Nothing when there is too much.

    `names` are folded words that are no values, whatever they look like.
    """
    tokens = [
        replace(one, kind="word", text=fold(one.text)) if fold(one.text) in names else one for one in tokens_in(clause)
    ]
    found = _with_numbers(clause, _named(clause, tokens))
    if len(found) > MAX_MENTIONS:
        return []
    found = [one for place, one in enumerate(found) if not (place and _is_unit(clause, found[place - 1], one))]
    found = [one for one in found if not _is_short_form(clause, one)]
    if any(
        one.text[0] not in _LETTERS and not one.unit.isalpha() for one in found if one.kind == "number"
    ):  # digits first, then words
        found = [one for one in found if one.kind != "number" or one.text[0] not in _LETTERS]
    placed = [_with_words(one, found, tokens) for one in found]
    placed = [_ranged(one, place and placed[place - 1]) for place, one in enumerate(placed)]
    return [*placed, *_lists(clause, placed), *_places(clause, placed)]


def _is_short_form(clause: str, one: Mention) -> bool:
    """Whether a name in capitals stands alone in parentheses: «… (CAGR)»."""
    return one.kind == "name" and one.text.isupper() and clause[one.start - 1 : one.end + 1] == f"({one.text})"


def _is_unit(clause: str, before: Mention, one: Mention) -> bool:
    """Whether a name is what a number counts: «80 BPM»."""
    is_behind = before.kind == "number" and clause[before.end : one.start] == " "
    return is_behind and one.kind == "name" and " " not in one.text


def _named(clause: str, tokens: Sequence[Token]) -> list[Mention]:
    """Return the mentions; words with capitals become names, what is no value is left out."""
    result: list[Mention] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = _name_end(clause, tokens, place) if token.kind == "word" else place
        if end > place:
            whole = clause[token.start : tokens[end - 1].end]
            text = _POSSESSIVE.sub("", whole)
            result.append(Mention("name", text, token.start, token.start + len(text), is_owner=text != whole))
            place = end
            continue
        if one := _mention(token):
            result.append(one)
        place += 1
    return result


def _with_numbers(clause: str, found: Sequence[Mention]) -> list[Mention]:
    """Return the mentions with the number of a house made part of its street: «123 Park Street»."""
    result: list[Mention] = []
    for one in found:
        before = result[-1] if result else None
        is_street = one.kind == "name" and bool(_STREET.search(one.text))
        if is_street and before and before.kind == "number" and clause[before.end : one.start] == " ":
            one = replace(result.pop(), kind="name", text=clause[before.start : one.end], end=one.end, unit="")
        result.append(one)
    return result


def _name_end(clause: str, tokens: Sequence[Token], place: int) -> int:
    """Return the place behind the name that begins here; the same place when none does."""
    first = tokens[place]
    is_letter = len(first.text) == 1 and first.text not in "IA"
    if (
        not first.is_capital
        or (not is_letter and _NEVER_NAMES.issuperset(words_in(first.text)))
        or (first.is_first and not _is_odd_name(first.text))
    ):
        return place
    end = place + 1
    while end < len(tokens) and not _POSSESSIVE.search(tokens[end - 1].text):
        step = _joined(clause, tokens, end)
        if not step:
            break
        end += step
    return end


def _joined(clause: str, tokens: Sequence[Token], place: int) -> int:
    """Return how many tokens from here go on with the name before: 0 to 3."""
    gap = clause[tokens[place - 1].end : tokens[place].start]
    if gap.strip(" .") or len(gap) > 2:
        return 0
    if tokens[place].is_capital and not tokens[place].is_first:
        return 1
    if tokens[place].kind == "comma" and place + 1 < len(tokens) and _REGION.fullmatch(tokens[place + 1].text):
        return 2
    if tokens[place].kind == "stop" and tokens[place].text == "." and len(tokens[place - 1].text) == 1:
        return 1 if place + 1 < len(tokens) and tokens[place + 1].kind == "word" else 0
    count = 0
    while place + count < len(tokens) and count < 2 and tokens[place + count].text.lower() in _INSIDE_NAMES:
        count += 1
    last = tokens[place + count] if place + count < len(tokens) else None
    return count + 1 if count and last and last.is_capital and last.start - tokens[place + count - 1].end == 1 else 0


def _is_odd_name(word: str) -> bool:
    """Whether a word is written as only a name is, wherever it stands: «iPhone», «NBA»."""
    if word.endswith(("#", "+")):
        return True
    return any(letter.isupper() for letter in word[1:]) and not _NEVER_NAMES.issuperset(words_in(word))


def _mention(token: Token) -> Mention | None:
    if token.kind == "spelt":
        return Mention("number", token.text, token.start, token.end)
    if token.kind in ("stop", "comma", "word"):
        if fold(token.text) in NUMBER_WORDS and fold(token.text) != "one":
            return Mention("number", token.text, token.start, token.end)
        return (
            Mention("name", token.text, token.start, token.end)
            if token.kind == "word" and _is_odd_name(token.text)
            else None
        )
    text = token.text
    if token.kind in ("quote", "list"):
        return Mention("quote" if token.kind == "quote" else "list", text[1:-1].strip(), token.start, token.end)
    text = text.rstrip(".,:;!?")
    unit = ""
    if token.kind == "number":
        text, unit = _without_unit(text)
    kind: Kind = "code" if token.kind == "path" else token.kind  # type: ignore[assignment]
    return Mention(kind, text, token.start, token.start + len(token.text.rstrip(".,:;!?")), unit=unit)


def _without_unit(text: str) -> tuple[str, str]:
    """Return a number and what is glued to it: «298K» is 298 of K, «3k» is itself."""
    found = NUMBER.match(text)
    end = found.end() if found else len(text)
    return text[:end].strip(), fold(text[end:].strip())


def _with_words(one: Mention, every: Sequence[Mention], tokens: Sequence[Token]) -> Mention:
    """Return a mention with the words around it; what stands before a comma or an «and» is of the mention before."""
    low = max((other.end for other in every if other.end <= one.start), default=0)
    high = min((other.start for other in every if other.start >= one.end), default=len(tokens) and tokens[-1].end)
    between = [token for token in tokens if low <= token.start and token.end <= one.start]
    cuts = [place for place, token in enumerate(between) if _cuts(token, is_behind_mention=low > 0)]
    start = cuts[-1] + 1 if cuts else _own_words(between) if low else 0
    before = [fold(token.text) for token in between[start:] if token.kind == "word"]
    if not before and cuts:  # «player, Anna», «between 2 and 3»
        is_comma = between[cuts[-1]].kind == "comma" and not _is_behind_number(every, low)
        kept = between[: cuts[-1]] if is_comma else between[cuts[-1] : cuts[-1] + 1]
        before = [fold(token.text) for token in kept if token.kind == "word"]
    behind = [token for token in tokens if one.end <= token.start and token.end <= high]
    end = next((place for place, token in enumerate(behind) if _ends(token)), len(behind))
    after = [fold(token.text) for token in behind[:end]]
    return replace(one, before=tuple(reversed(before))[:MAX_AROUND], after=tuple(after[:MAX_AROUND]))


def _own_words(between: Sequence[Token]) -> int:
    """Return how many words between two mentions are of the first: those before «in», «with», «from»."""
    return next((place for place, token in enumerate(between) if fold(token.text) in _LEADING), 0)


def _is_behind_number(every: Sequence[Mention], end: int) -> bool:
    return any(other.kind == "number" and other.end == end for other in every)


def _cuts(token: Token, is_behind_mention: bool) -> bool:
    is_join = token.kind == "comma" or fold(token.text) in ("and", "or")
    return (token.kind == "stop" and token.text not in "():") or (is_join and is_behind_mention)


def _ends(token: Token) -> bool:
    return token.kind in ("stop", "comma") or fold(token.text) in ("and", "or")


def _ranged(one: Mention, before: Mention | int) -> Mention:
    """Return the second of «between A and B» with what stands before both."""
    if isinstance(before, Mention) and one.before == ("and",) and "between" in before.before[:3]:
        return replace(one, before=("and-between",))
    return one


def _lists(clause: str, every: Sequence[Mention]) -> Iterator[Mention]:
    """Yield what two or more mentions of a kind make together: «2, 3 and 4»."""
    group: list[Mention] = []
    for one in every:
        if group and (one.kind != group[-1].kind or not _BETWEEN.fullmatch(clause[group[-1].end : one.start])):
            yield from _joined_list(clause, group)
            group = []
        group.append(one)
    yield from _joined_list(clause, group)


def _places(clause: str, every: Sequence[Mention]) -> Iterator[Mention]:
    """Yield the names that one comma ties as those of a place and of where that is: «Denver, Colorado»."""
    for one, other in pairwise(every):
        if one.kind == other.kind == "name" and clause[one.end : other.start] == ", ":
            parts = (one, other)
            yield Mention(
                "name", clause[one.start : other.end], one.start, other.end, one.before, other.after, parts=parts
            )


def _joined_list(clause: str, group: Sequence[Mention]) -> Iterator[Mention]:
    if len(group) > 1:
        first, last = group[0], group[-1]
        text = clause[first.start : last.end]
        yield Mention("list", text, first.start, last.end, first.before, last.after, parts=tuple(group))

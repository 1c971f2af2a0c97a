"""Words as they are compared: folded, names taken apart, endings cut off, misspellings mended against a vocabulary.

Called by `phrases.py` for what people type and for what a catalogue declares alike, so that both meet.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from orchestration.intake.numerals import NUMBER_WORDS, SCALES
from orchestration.intake.request import fold

_ALIKE = {word: str(number) for word, number in (NUMBER_WORDS | SCALES).items() if number > 1} | {"i": "we"}
"""Words that are compared as others: numbers as their digits, one person as several."""
_SHORT = 24
"""Letters of a text whose words are remembered: a word, mostly."""
WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IDENTIFIER = re.compile(r"[a-z]+[A-Z]")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = _set("the a an my our your its their some any these those that this both all every each")
COURTESIES = _set(
    """please pls plz kindly kind hi hello hey hiya howdy yo bot ok okay well thanks thank thx cheers great nice
    lovely ta oops whoops argh ugh wow yay
    awesome lol haha hehe rofl grateful appreciate appreciated glad happy favour favor mind oh ah
    hmm hm btw fyi"""
)
_AUXILIARIES = _set(
    """can could would will must should shall i you u we me us d ll ve re m s be is are was were been being want wants
    wanted wanting need needs needed like let go sure ensure certain called named"""
)
_ADVERBS = _set(
    """now then next also just again once more too already still simply actually really totally fully entirely
    completely altogether right away ahead here there asap immediately straight quick quickly finally instead yet
    either anyway back permanently forever
    whichever whatever"""
)
_SMALL = _set("and n of in on at for with by as to so from into onto onwards it them one ones two lot bit")
_SLIPS = _set("teh hte adn nad")
SILENT = ARTICLES | COURTESIES | _AUXILIARIES | _ADVERBS | _SMALL | _SLIPS
"""Words that carry no wish of their own."""
LIGHT = _set("make makes making do doing get getting give giving have having take taking run running put use using set")
"""Verbs that only carry another word: «make a backup», «give it a kick»."""
VAGUE = _set(
    """it them they that this those these stuff thing things something anything everything nothing none all any both
    each every one ones two other others another same old new last latest whole entire first second rest service
    services
    lunch now later here there today tomorrow tonight again too please asap"""
)
"""Words that stand for something without naming it; never the value of a parameter that has a shape."""
REFUSALS = _set(
    """not no never none nor don dont doesn doesnt didnt cant cannot won wont without except unless forget nobody
    noone neither nicht kein keine keinen ohne niemals pas jamais sans ningun sin nunca niet geen nooit"""
)
"""Words that say no."""
NEGATIONS = REFUSALS | _set(
    """t or if whether nothing undo revert cancel abort skip avoid prevent ignore keep leave hold wait refrain stop
    stopping maybe perhaps pretend imagine suppose supposing hypothetically tomorrow tonight later weekly daily twice
    nightly hourly
    monthly mistake dangerous risky early automatically whenever while plan planning simulate simulating
    dry example before after until till"""
)
"""Words that may turn a wish round, put a condition on it, or put it off."""
EVERYDAY = _set(
    """wife life wide wine wise wire ripe pipe text best rest nest west past list lost cost most last fast task
    step stay shop ship soap stock story hold hall bill pill fill will skill null road lead head load land word
    world work walk talk boss boat book look cook drop crop trip shut short start smart part party port post host
    ghost cast coast toast least beast feast nice mail male sale date late mate gate rate debate share shape shown
    shore chose close clean clear cheap chair check cheek leave live love move more mode model node note vote
    price place plate plane state stage store stare spare space sport spot power tower shower lower chuck truck
    trust crust dust must just rust thrust trash crash flash cash wash wish fish dish finish kitchen children"""
)
"""Words of every day that are near to others, and are never those misspelt: «wife» is not «wipe»."""
QUESTIONS = _set("how why when who whose where what which did does was were has is are am had whats hows")
"""Words that make a question of a clause when they begin it."""


def words_in(text: str) -> list[str]:
    """Return the words of a text, folded, with identifiers (deploy_kuma, deployKuma) taken apart."""
    return list(_short_words_in(text)) if len(text) <= _SHORT else _words_in(text)


@lru_cache(maxsize=10_000)
def _short_words_in(text: str) -> tuple[str, ...]:
    return tuple(_words_in(text))


def _words_in(text: str) -> list[str]:
    parted = _HUMP.sub(" ", text) if _IDENTIFIER.match(text) else text
    return WORD.findall(fold(parted).replace("_", " "))


def words(text: str) -> list[str]:
    """Return the words that carry meaning, stemmed."""
    return [stem(word) for chunk in text.split() for word in words_in(chunk) if word not in SILENT]


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Return a word without its commonest English endings, so that «deploying portals» meets «deploy portal»."""
    if word in _ALIKE:
        return _ALIKE[word]
    if len(word) < 4 or not word.isascii():
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and re.search("[aeiouy]", base) and not word.endswith("eed"):
            word = _undoubled(base)
            break
    word = word[:-1] if word.endswith("e") and len(word) >= 4 else word
    return word[:-1] + "i" if len(word) >= 4 and word.endswith("y") and word[-2] not in "aeiou" else word


def _singular(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:[sxz]|[cs]h)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _undoubled(base: str) -> str:
    return base[:-1] if len(base) >= 4 and base[-1] == base[-2] and base[-1] not in "lsz" else base


class Spelling:
    """Mends misspelt words against known ones: by one slip, or two in a long word, and only when one word fits."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = {word for word in known if len(word) >= 4 and word.isalpha()}
        self._shortened: dict[str, set[str]] = {}
        for word in self._known:
            for short in _shortened(word):
                self._shortened.setdefault(short, set()).add(word)

    def near(self, word: str) -> list[tuple[int, str]]:
        """Return (slips, known word) for every known word near enough, the nearest first."""
        if not 4 <= len(word) <= 24 or not word.isalpha():
            return []
        close = {known for short in _shortened(word) for known in self._shortened.get(short, ())}
        found = [(slips(word, known), known) for known in close if _begins_alike(word, known)]
        return sorted((count, known) for count, known in found if count <= _allowed(word))

    def mend(self, word: str) -> str | None:
        """Return the word that was meant; None when none is near, or two are as near and differ in more than
        ending."""
        found = self.near(word)
        nearest = [known for count, known in found if count == found[0][0]]
        return nearest[0] if len({stem(known) for known in nearest}) == 1 else None


def slips(one: str, other: str) -> int:
    """Return how many letters were left out, added, changed or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        current = [i]
        for j, right in enumerate(other, start=1):
            best = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        before, row = row, current
    return row[-1]


def _allowed(word: str) -> int:
    return 1 if len(word) < 8 else 2


def _begins_alike(one: str, other: str) -> bool:
    return one[0] == other[0] or one[:2] == other[1::-1]


def _shortened(word: str) -> Iterator[str]:
    """Yield a word with up to two letters left out; two words that are near have one of these in common."""
    yield word
    for place in range(len(word)):
        once = word[:place] + word[place + 1 :]
        yield once
        if _allowed(word) > 1:
            yield from (once[:other] + once[other + 1 :] for other in range(place, len(once)))

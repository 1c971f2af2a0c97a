"""How far a wish goes: all there are of a kind, a part of what it is done to anyway, and what is laid down again.

Called by `reading.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from orchestration.intake.catalogue import Operation
from orchestration.intake.laying import Match
from orchestration.intake.parameters import find_enum
from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import acts, lacks_verb
from orchestration.intake.said import MAX_JOINED, Lookup, Said
from orchestration.intake.sharing import PRONOUN, said_in
from orchestration.intake.words import SILENT, stem, words_in
from orchestration.policy import RISKS

MAX_OF_KIND = 8
"""Things of a kind that are taken one by one."""
_COUNTS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_OWN = re.compile(r"(?:all\s++(?:of\s++)?+)?(?:its|their)\b", re.IGNORECASE)
_BACK = re.compile(
    r"(?:please\s++)?+(?:put|bring|get|set|stand|lay)\s++(?P<what>it|that|(?:the\s++)?+\w++)\s++(?:back\b(?:\s++(?:up|in|on))?+|(?:up|down)\s++again)",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    r"(?:the|my|our)\s++(?P<thing>(?:\S++\s++){1,3}?)(?:is|are|was|has|seems|keeps|looks)\b.*"
    r"\b(?:down|dead|hung|hanging|stuck|slow|offline|unreachable|unresponsive|broken|crash(?:ed|ing)|frozen|freezing|failing|responding|reachable|working)\b",
    re.IGNORECASE,
)
"""What says of something that it does not work: «the mail server is down»."""
_BOTH = re.compile(r"^both\s++(?:of\s++)?+", re.IGNORECASE)
_AND = re.compile(r"\s*+(?:and|or|nor|&)\s++", re.IGNORECASE)
_PREDICATE = re.compile(
    r"(?:(?:the|my|our)\s++)?+\S++(?:\s++\S++)??\s++"
    r"(?P<said>(?:should|must|needs?|ha(?:s|ve)\s++to|can|could|may|are\s++to)\s.++)$",
    re.IGNORECASE,
)
"""What is said of two things: «kuma and grafana *should be deployed*»."""
_EMPTY = SILENT | {"can", "may", "port", "same"}


def one_by_one(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return the clauses with one for each thing there is in place of «all volumes», where that does little harm."""
    if any(one.is_kept for one in said):
        return list(said)  # «all volumes, but not media»
    awaited = {one.same_as for one in said}
    return [part for one in said for part in ([one] if one.about in awaited else _of_kind(one, lookup))]


def _of_kind(one: Said, lookup: Lookup) -> list[Said]:
    operation = lookup.operation(one)
    if one.is_remark or operation is None or not lookup.is_clear(one) or one.about in lookup.answers:
        return [one]
    asked = [(name, p) for name, p in operation.parameters.items() if p.is_asked()]
    is_calm = RISKS.index(operation.risk) <= RISKS.index("medium")
    if len(asked) != 1 or asked[0][1].one_of is None or not is_calm or read_clause(one.text).is_turned_round:
        return [one]
    name = asked[0][0]
    kind = name.replace("_", " ")
    things = [thing for thing, known in lookup.names.items() if known == kind]
    found = re.search(
        rf"\b(?P<all>all|both|every|each)\s++(?:of\s++)?+(?:(?:the|my|our|these|those)\s++)?+(?:(?P<count>\w++)\s++)??(?:{kind}s?)\b",
        one.text, re.IGNORECASE,
    )  # fmt: skip
    if not found or "" in lookup.names.values() or not 1 < len(things) <= MAX_OF_KIND:
        return [one]
    count = found["count"] or ("both" if found["all"].lower() == "both" else "")
    if count and _COUNTS.get(count.lower(), int(count) if count.isdigit() else 0) != len(things):
        return [one]
    texts = [one.text[: found.start()] + f"the {thing} {kind}" + one.text[found.end() :] for thing in things]
    parts = [replace(one, about=text, text=text, matches=lookup.certain(text)) for text in texts]
    is_sure = all(lookup.operation(part) is operation and said_in(*asked[0], part) for part in parts)
    rest = [replace(part, tie="", is_new_sentence=False, separator=" and ") for part in parts[1:]]
    return [parts[0], *rest] if is_sure else [one]


def is_part_of(one: Said, before: Said, lookup: Lookup) -> bool:
    """Whether a piece names what the wish before it is done to anyway: «remove grafana. its folder can go too»."""
    operation = lookup.operation(before)
    if operation is None or not lookup.is_clear(before) or not _OWN.match(one.text):
        return False
    entry, clause = lookup.matcher.index.entries[_key(before, lookup)], read_clause(one.text)
    others = {word for unit in clause.units if not (unit.is_silent or unit.action) for word in unit.stems}
    is_same = all(unit.action in entry.main_actions for unit in clause.units if unit.action)
    told = {stem(word) for word in words_in(operation.description)}
    return is_same and bool(others) and others <= told | _EMPTY and not clause.is_turned_round


def is_listed(one: Said, before: Said, lookup: Lookup) -> bool:
    """Whether a piece behind a colon only lists what the wish before it shows: «how is kuma: port, monitors»."""
    operation = lookup.operation(before)
    is_shown = operation is not None and (operation.effect, operation.risk) == ("read_only", "low")
    if not is_shown or not before.is_heading or one.is_new_sentence or one.tie or not lookup.is_clear(before):
        return False
    entry = lookup.matcher.index.entries[_key(before, lookup)]
    raws = [raw for raw in words_in(one.text) if raw not in SILENT]
    is_order = any(unit.action and not unit.raws[0].endswith("s") for unit in read_clause(one.text).units)
    return 0 < len(raws) <= 2 and not is_order and all(stem(raw) in entry.told for raw in raws)


def laid_again(one: Said, before: Said, lookup: Lookup) -> Said | None:
    """Return a clause that wants back what the one before removes: «remove grafana and put it back on 3100»."""
    found, removal = _BACK.match(one.text), lookup.operation(before)
    if not found or removal is None or not lookup.is_clear(before):
        return None
    key, catalogue = _key(before, lookup), lookup.catalogue
    laying = [other for other, operation in catalogue.operations.items() if operation.undo == key]
    if len(laying) != 1 or not _is_about(found["what"], removal, lookup):
        return None
    details = lookup.matcher.index.entries[laying[0]].details
    rest = words_in(one.text[found.end() :])
    if any(not (raw in _EMPTY or stem(raw).isdigit() or stem(raw) in details) for raw in rest):
        return None
    return replace(one, tie="then").again((Match(laying[0], 1.0, {}),))


def _is_about(what: str, operation: Operation, lookup: Lookup) -> bool:
    index = lookup.matcher.index
    return what.lower() in ("it", "that") or index.targets_in(what) == index.targets_in(operation.target)


def another_value(one: Said, before: Said, lookup: Lookup) -> Said | None:
    """Return the wish before once more, with the other value that a piece says: «run the sample tests, then all»."""
    operation = lookup.operation(before)
    if one.tie != "then" or operation is None or not lookup.is_clear(before) or acts(one.text):
        return None
    for parameter in operation.parameters.values():
        earlier, now = find_enum(parameter, before.text), find_enum(parameter, one.text)
        if earlier and now and earlier[0] != now[0]:
            text = before.text.replace(earlier[1], now[0])
            return replace(one, text=text).again(lookup.certain(text))
    return None


def with_shared_end(before: Said, one: Said, lookup: Lookup) -> Said | None:
    """Return the clause before with the end that both share: «delete the notes and media volumes», «kuma and grafana
    should be deployed»."""
    if lookup.is_clear(before):
        return None
    end = _shared_word(one) if not lookup.is_clear(one) else _predicate(before, one)
    text = f"{_BOTH.sub('', before.text)} {end}" if end else ""
    matches = lookup.certain(text) if 0 < len(text) <= MAX_JOINED else ()
    return replace(before, text=text).again(matches) if matches else None


def _shared_word(one: Said) -> str:
    return one.text.split()[-1] if len(one.text.split()) > 1 else ""


def _predicate(before: Said, one: Said) -> str:
    found = _PREDICATE.match(one.text)
    return found["said"] if found and lacks_verb(before.text) and _AND.fullmatch(one.separator) else ""


def is_about_unknown(one: Said, told: Said, lookup: Lookup) -> bool:
    """Whether «it» is a thing of which nothing here knows: «the mail server is down, can you restart it»."""
    found = _BROKEN.match(told.text) if told.is_remark and PRONOUN.search(one.text) and acts(one.text) else None
    index = lookup.matcher.index
    if not found or index.targets_in(one.text):
        return False
    thing, named = words_in(found["thing"]), index.targets_in(found["thing"])
    known = {word for entry in index.entries.values() for word in entry.stems | entry.explained | entry.told}
    return bool(thing) and not named and stem(thing[-1]) not in known and lookup.names.keys().isdisjoint(thing)


def _key(one: Said, lookup: Lookup) -> str:
    return lookup.answers.get(one.about) or (one.best.operation if one.best else "")

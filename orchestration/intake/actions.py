"""What people call the things that are done to systems: words of general English that mean the same action.

A catalogue that says «deploy» is met by «spin … up», and «remove» by «get rid of»; a word of the catalogue itself
always counts more. The other way round, an action that an operation does not have is a reason to ask. Called by
`phrases.py`. A `~` is where the object may stand: «take ~ down»; a full stop where nothing more may: «has to go».
"""

from collections.abc import Iterator, Sequence

from orchestration.intake.words import ARTICLES, LIGHT, stem

CARRY = ""
"""No action of its own: «kick off the tests» is what «run the tests» is."""
_SPOKEN = {
    "create": """deploy, deployment, install, installation, provision, launch, host, setup, rollout, redeploy,
        re deploy, set ~ up, put ~ up, spin ~ up, stand ~ up, bring ~ up, bring ~ online, fire ~ up, roll ~ out,
        get ~ running, get ~ going, get ~ up and running""",
    "destroy": """remove, rm, removal, delete, del, deletion, uninstall, deinstall, undeploy, un deploy,
        un install, de install, erase, wipe, destroy, purge, drop, trash, nuke, scrap, bin, ditch, discard,
        eliminate, toss, axe, gone, tear ~ down, take ~ down, take ~ out, take ~ away, take ~ off, throw ~ out, throw ~
        away, kick ~ out, rip ~ out, pull ~ out, pull ~ down, clear ~ out, chuck ~ out, chuck ~ away,
        blow ~ away, get ~ out, get ~ off, get rid of, be rid of, do away with, unregister, detach,
        unhook, unplug, disconnect, strip ~ out, can go., must go., has to go., have to go., needs to
        go., should go., retire, decommission""",
    "restart": """restart, reboot, bounce, cycle, power cycle, recycle, kick, relaunch, turn ~ off and on again,
        turn ~ off and back on, switch ~ off and on again, start ~ again, bring ~ back up, bring ~ down and up""",
    "start": "start, boot, turn ~ on, switch ~ on, enable, activate, start ~ up",
    "stop": "stop, halt, kill, disable, deactivate, shut ~ down, turn ~ off, switch ~ off, suspend, pause, quit",
    "show": """show, list, display, check, check ~ on, check up on, view, see, look at, look, inspect, report, tell,
        find out, let me know if, let me know whether, let me know how, let me know what, let me know that,
        let us know if, let us know how, make sure it, make sure that it, make sure they, ensure it""",
    "state": """status, state, overview, summary, health, healthy, condition, alive, online, offline, come ~ up,
        come ~ back up, up and running""",
    "backup": """back ~ up, backup, snapshot, archive, save, copy, copy ~ away, dump, preserve, safeguard, make a
    copy,
        keep a copy, make a safety copy, safety copy""",
    "restore": """restore, restoration, recover, recovery, rollback, roll ~ back, bring ~ back, get ~ back, put ~
    back,
        undelete""",
    "update": "update, upgrade, patch, bump, refresh",
    "change": "change, edit, modify, configure, reconfigure, adjust",
    "add": """add, include, register, append, attach, import, insert, load, put ~ in, put ~ into, hook ~ up, get ~ into,
        move ~ into, load ~ into, copy ~ into, pull ~ into, bring ~ into, plug ~ into, feed ~ into, throw ~ into,
        throw ~ in""",
    "watch": "monitor, watch, track, observe, keep an eye on, keep tabs on, keep track of, look after",
    "test": "test, retest, re test, verify, validate",
    "say": "say, echo, repeat",
    CARRY: "rerun, re run, kick ~ off, fire ~ off, execute, perform, trigger, carry ~ out",
}
_OTHERS = """write, explain, describe, document, draft, summarise, summarize, discuss, compare, translate, review,
    schedule, remind, recommend, suggest, calculate, search, google, phone, mail, email, send, post, tweet, order,
    book, buy,
    pay, sell, cook, play, open, close, lock, unlock, download, upload, draw, rename, move, migrate, swap, replace,
    resize,
    ask, confirm, approve, scale, encrypt, decrypt, mount, unmount, clone, clean ~ up, fix, repair"""
"""Actions that no other word means."""
STATES = frozenset(("up", "down", "running", "work", "works", "working", "doing", "fine", "okay", "ok", "reachable",
                    "responding", "alright", "there", "deployed", "installed"))  # fmt: skip
"""Words that ask for a state where a question is asked: «is it up?»."""
_CARRYING = LIGHT | {"create", "perform", "start", "trigger", "execute", "launch", "prepare", "produce"}
"""Verbs that carry the noun of an action right behind them."""
_OF_THINGS = frozenset(("from", "in", "into", "of", "on", "onto"))
"""Words behind which an article makes a thing of an action: «from the list»."""
_FOR_EVER = frozenset(("permanently", "forever"))
_AT_END = frozenset(("now", "too", "soon", "pleas", "please"))
_NOUNS = frozenset(("create", "destroy", "restart", "state", "backup", "restore", "update", "test", "show"))
MOST_BETWEEN = 6
"""Words that may stand between the parts of a verb."""


class _Spelt:
    """One way to say an action: the words of its head, and those that may follow its object."""

    def __init__(self, action: str, text: str) -> None:
        head, _, tail = text.removesuffix(".").partition("~")
        self.action = action
        self.head = tuple(map(stem, head.split()))
        self.tail = tuple(map(stem, tail.split()))
        self.length = len(self.head) + len(self.tail)
        self.is_last = text.endswith(".")


def _lexicon() -> dict[str, list[_Spelt]]:
    ways: dict[str, list[_Spelt]] = {}
    for action, text in _listed():
        spelt = _Spelt(action, text)
        ways.setdefault(spelt.head[0], []).append(spelt)
    return {first: sorted(found, key=lambda spelt: -spelt.length) for first, found in ways.items()}


def _listed() -> Iterator[tuple[str, str]]:
    for action, spoken in _SPOKEN.items():
        yield from ((action, " ".join(text.split())) for text in spoken.split(","))
    yield from ((text.strip(), " ".join(text.split())) for text in _OTHERS.split(","))


_WAYS = _lexicon()
GROUPS = frozenset(_SPOKEN) - {CARRY}
"""Actions that are done to systems, and that several words mean."""
ADDITIVE = frozenset(("create", "add"))
HARMFUL = frozenset(("destroy", "stop"))
KNOWN = frozenset(word for _, text in _listed() for word in text.rstrip(".").split() if word != "~")
"""Every word of the list, which is therefore spelt right."""


def find_actions(stems: Sequence[str], raws: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Return (action, places of its words) for every action among the words of a clause, in their order."""
    found: list[tuple[str, tuple[int, ...]]] = []
    taken: set[int] = set()
    objects: set[int] = set()
    for place in range(len(stems)):
        if place in taken | objects or _is_thing(raws, place) or not (way := _way_at(stems, place, taken)):
            continue
        action, places = way
        if len(places) == 1 and _carries(stems, raws, place):
            continue
        taken.update(places)
        objects.update(range(places[0], places[-1]))
        found.append((action, _with_light_verb(action, places, raws, taken)))
    return _for_good(found, raws)


def _for_good(found: list[tuple[str, tuple[int, ...]]], raws: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Return the actions with what is stopped for ever as what is removed: «shut it down for good»."""
    if "good" not in raws and _FOR_EVER.isdisjoint(raws):
        return found
    good = next(((n, n + 1) for n in range(len(raws) - 1) if (raws[n], raws[n + 1]) == ("for", "good")), ())
    if not good and _FOR_EVER.isdisjoint(raws):
        return found
    return [("destroy", tuple(sorted({*places, *good}))) if action in HARMFUL else (action, places)
            for action, places in found]  # fmt: skip


def _is_thing(raws: Sequence[str], place: int) -> bool:
    """Whether a word stands where only things do: «from the list», «into our backup»."""
    return place > 1 and raws[place - 1] in ARTICLES and raws[place - 2] in _OF_THINGS


def _carries(stems: Sequence[str], raws: Sequence[str], place: int) -> bool:
    """Whether a verb is there for the noun behind it only: «start the tests»."""
    if raws[place] not in _CARRYING:
        return False
    noun = next((n for n in range(place + 1, len(raws)) if raws[n] not in ARTICLES), len(raws))
    way = _way_at(stems, noun, set()) if noun < len(raws) else None
    return way is not None and way[0] in _NOUNS


def _way_at(stems: Sequence[str], place: int, taken: set[int]) -> tuple[str, tuple[int, ...]] | None:
    for spelt in _WAYS.get(stems[place], ()):
        end = place + len(spelt.head)
        if tuple(stems[place:end]) != spelt.head or not taken.isdisjoint(range(place, end)):
            continue
        if spelt.is_last and stems[end:] and stems[end] not in _AT_END:
            continue
        if not spelt.tail:
            return spelt.action, tuple(range(place, end))
        for start in range(end, min(end + MOST_BETWEEN, len(stems)) + 1):
            if tuple(stems[start : start + len(spelt.tail)]) == spelt.tail:
                return spelt.action, (*range(place, end), *range(start, start + len(spelt.tail)))
    return None


def _with_light_verb(action: str, places: tuple[int, ...], raws: Sequence[str], taken: set[int]) -> tuple[int, ...]:
    """Return the places with those of «make a …», «take another … of» around a noun."""
    if action not in _NOUNS:
        return places
    start = places[0] - 1
    while start >= 0 and places[0] - start <= 3 and start not in taken and raws[start] in ARTICLES:
        start -= 1
    if start >= 0 and start not in taken and raws[start] in _CARRYING:
        places = (*range(start, places[0]), *places)
        taken.update(places)
    return places

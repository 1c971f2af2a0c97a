"""What people say beside what they wish: remarks, conditions, and taking back. Called by `reading.py`."""

import re

from orchestration.intake.actions import GROUPS
from orchestration.intake.phrases import read_clause
from orchestration.intake.said import Said, related
from orchestration.intake.words import NEGATIONS

WISH = re.compile(
    r"\b(?:want|need|needs|please|pls|can|could|would|will|let['’]?s|should|must|have to|has to|wish|prefer|"
    r"wanna|gotta|mind|going to|trying to|looking to|(?:is|are) to be)\b|['’]d\b",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(?:i|i['’]?m|i['’]?ve|we|we['’]?ve|we['’]?re|it|it['’]?s|that|that['’]?s|they|they['’]?re|there|there['’]?s|he|"
    r"she|something|someone|somebody|everything|nothing|nobody|thanks|thank|sorry|because|since|as)\b"
    r"|(?:the|my|our|this|these|those)\s(?:\S+\s){1,4}(?:is|are|was|were|has|have|isn['’]?t|aren['’]?t)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(?:because|cos|cause|since|so\s+that|so\s+(?:i|we|they|it|people)|in\s+order\s+to)\b", re.IGNORECASE
)
_UNFIT = re.compile(
    r"(?:\b(?:is|are|was)|['’]s)\s+(?:(?:already|currently|now|still)\s+)?(?:taken|used|in\s+use|busy|occupied|blocked|reserved|"
    r"gone|unavailable|not\s+(?:free|available))\b|\b(?:already|currently|is|are)\s+(?:sits?|sitting|runs?|running|lives?|listens?|listening)\s+on\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"(?:i|we)(?:['’]d)?\s+(?:\w+\s+){0,2}?(?:want|need|like|love|wish|hope|have)\s+to\s+(?:(?:always|just|finally|really)\s+)?"
    r"(?:see|know|hear|find|learn|watch|look|monitor|check|track|understand|feel|make\s+sure|keep|"
    r"(?:be|get)\s+(?:able|told|notified|alerted|warned|informed|sure))\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(r"(?:i|he|she|somebody|someone|everybody|everyone|nobody)\b", re.IGNORECASE)
_REFUSED = re.compile(r"(?:please\s+)?(?:don['’]?t|do\s+not|no\s+need\s+to|never|rather\s+than)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"(?:please\s+)?(?:just|only|simply|rather)\b|\b(?:instead|rather)$", re.IGNORECASE)
_LEFT_OPEN = frozenset(
    """something anything thing things stuff whatever whichever somehow some kind sort bit properly better nicer
    one""".split()  # noqa: SIM905
)
_MENDING = frozenset(("fix", "repair", "clean ~ up"))
_ONLY_POINTS = re.compile(
    r"(?:please\s+|(?:can|could|would|will)\s+(?:you|u)\s+)*(?:do|redo|try|run|repeat|fix|make|change|undo|sort|finish)\s+"
    r"(?:it|that|this|them|those|the\s+same|something(?!\s+(?:about|with|for|to|like)))\b",
    re.IGNORECASE,
)
_HAVING = frozenset(("need", "want", "have", "get", "give", "gimme", "put", "like", "love", "use", "set"))
_TAKEN_BACK = re.compile(
    r"(?:oh\s+|ah\s+|hm+\s+|ok\s+|but\s+)?(?:no\b(?!\s+(?:hurry|rush|worries|problem|need))|nope|wait|actually|never\s*mind|scratch\s+that|"
    r"(?:just|only)\s+(?:kidding|joking)|jk\b|forget\s+(?:it|that)|on\s+second\s+thoughts?|cancel\s+that|or\s+rather|correction|sorry\s+i\s+meant)",
    re.IGNORECASE,
)
_UNWISHED = re.compile(r"\b(?:don['’]?t|do\s+not|no\s+longer|never)\s+(?:need|want|like|love|wish)s?\b", re.IGNORECASE)


def is_remark(one: Said) -> bool:
    """Whether a piece tells something and wishes for nothing: «I have them all elsewhere», «don't care how»."""
    if _REASON.match(one.text) or is_unfit(one.text):
        return True
    if _REMARK.match(one.text):
        return not WISH.search(_UNWISHED.sub("", one.text)) and one.tie not in ("after", "before")
    return not related(one.matches) and read_clause(one.text).is_turned_round and one.tie != "if"


def is_unfit(text: str) -> bool:
    """Whether a piece says that a value cannot be had: «3000 is taken»."""
    return bool(_UNFIT.search(text)) and not (WISH.search(text) or read_clause(text).is_question)


def is_up_to_somebody(text: str) -> bool:
    """Whether a condition is about what somebody else does: «once I say so»."""
    return bool(_SOMEBODY.match(text))


def is_purpose(text: str) -> bool:
    """Whether a piece says what something is for: «I want to see what is going on»."""
    return bool(_PURPOSE.match(text))


def is_refused(text: str) -> bool:
    """Whether a piece begins by saying that something is not wanted."""
    return bool(_REFUSED.match(text))


def is_instead(text: str) -> bool:
    """Whether a piece says that it is wanted in place of something: «just restart it»."""
    return bool(_INSTEAD.search(text.strip(" .!?"))) and not is_refused(text)


def is_vague(text: str) -> bool:
    """Whether a piece leaves open what it is about: «do something about the portals», «fix that portal thing»."""
    clause = read_clause(text)
    first = next((unit.action for unit in clause.units if unit.action), "")
    is_elsewhere = first != "" and first not in GROUPS and first not in _MENDING
    return not is_elsewhere and (first in _MENDING or any(raw in _LEFT_OPEN for raw in clause.raws))


def only_points(text: str) -> bool:
    """Whether a text asks for something and names nothing of it: «do it again, but properly»."""
    return bool(_ONLY_POINTS.match(text))


def takes_back(text: str) -> bool:
    """Whether a piece takes back what was said: «no wait», «actually don't»."""
    return bool(_TAKEN_BACK.match(text)) or (read_clause(text).is_turned_round and not _means_something(text))


def is_only_taking_back(text: str) -> bool:
    """Whether such a piece says nothing else."""
    return not _means_something(_TAKEN_BACK.sub("", text, count=1))


def acts(text: str) -> bool:
    """Whether a text names an action."""
    return any(unit.action and unit.action != "state" for unit in read_clause(text).units)


def lacks_verb(text: str) -> bool:
    """Whether a text only names something: «grafana please»."""
    units = read_clause(text).units
    return not any(unit.action or not _HAVING.isdisjoint(unit.raws) for unit in units)


def _means_something(text: str) -> bool:
    return any(unit.stems and not unit.is_silent and unit.raws[0] not in NEGATIONS for unit in read_clause(text).units)

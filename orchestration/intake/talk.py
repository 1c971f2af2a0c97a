"""Sentences beside a clear wish that tell something, and requests that only talk: «who named a volume recipes?».

Called by `asides.py` when every piece has been read. What is passed over here is shown to who approves.
"""

import re
from itertools import pairwise

from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import WISH, acts, is_conditional
from orchestration.intake.words import ARTICLES, words_in

_FINITE = (
    r"(?:is|are|was|were|has|have|had|isn['’]?t|aren['’]?t|wasn['’]?t|looks?|looked|seems?|seemed|feels?|felt|sounds?|"
    r"works?|worked|keeps?|kept|says?|said|asks|asked|went|came|got|did|does|made|told)"
)
_STATED = re.compile(
    rf"(?P<subject>(?:the|my|our|his|her|their|this|that|these|those|an?|some|all|half|most|every|each|no)\s++(?:\S++\s++){{1,5}}?"
    rf"|(?!(?:the|a|an|my|our|his|her|their|make|see|ensure|hope|that)\b)(?:(?!(?:the|an?|my|our|your|that)\b)\S++\s++){{1,3}}?){_FINITE}\s",
    re.IGNORECASE,
)
"""A subject and what it is or does: «change window is open», «a client is asking for it»."""
_NOT_AN_ORDER = re.compile(
    r"(?:change|update|upgrade|patch|test|backup|restore|deployment|deploy|release|maintenance|review|check)\s++"
    r"(?:windows?|freezes?|nights?|days?|slots?|boards?|tickets?|requests?|season|evening|mode)\s++"
    r"(?:is|are|was|were|has|starts?|started|opens?|opened|begins?|began)\b",
    re.IGNORECASE,
)
"""An action that is part of a name."""
_FRAGMENT = re.compile(
    r"(?:(?:just|only)\s++)?+(?:(?:an?|one|another)\s++)?+(?:(?:very|really|super)\s++)?+"
    r"(?:quick|short|small|tiny|little|simple|easy|last|final|more|other)\s++"
    r"(?:one|thing|question|favou?r|request|job|task|ask|note|ping|message)\b|"
    r"(?:the\s++(?:one|guy|girl|man|woman|person|team|people)\s++(?:with|who|from|in|at|of)|(?:it['’]?s\s++)?+(?:me|us|him|her)\s++again|"
    r"(?:long\s++story|in)\s++short|(?:back|still|again|once\s++more)\s++(?:here|from|at|with)|(?:my|our)\s++(?:first|last)\s++|"
    r"(?:first|last)\s++(?:day|week|shift|night)|(?:new|another|same)\s++(?:day|week|month|year|story|procedure|drill|game)|"
    r"no\s++(?:big\s++deal|drama|panic|stress|surprises?|worries|rush|hurry))\b",
    re.IGNORECASE,
)
"""What only says who speaks, or how: «me again, the one with too many cables», «quick one»."""
_OF_OTHERS = re.compile(
    r"(?:(?:lol|haha|hey|hi|so|ok|okay|hm+|wow|and|but|btw|wait)\b[\s,]*+)*+(?:(?:who|whose)\b|(?:did|have|has|had|was|were)\s++(?:it\s++)?+(?:you|i|we|he|she|they|anyone|anybody|someone|somebody)\b"
    r"(?!\s++(?:mean|have|get|see|got)\b))(?!.*\b(?:please|pls|can|could|should|must|want)\b)",
    re.IGNORECASE,
)
"""What asks who did something: «did you restart kuma yesterday or was it me?»."""
_HANDLED = re.compile(
    r"(?!.*\b(?:if|unless|until|you|u)\b)(?:\S++\s++){1,3}?(?:will|is\s++going\s++to|['’]ll|wants?\s++to|can|does|is\s++doing|takes?\s++care|has)\b.*"
    r"\b(?:himself|herself|themselves|myself|ourselves|on\s++(?:his|her|their|my|our)\s++own|by\s++hand)\b",
    re.IGNORECASE,
)
_NOTHING_TO_DO = re.compile(
    r"(?:(?:so|and|but|there['’]?s|there\s++is)\s++)*+(?:you\s++(?:don['’]?t|do\s++not|needn['’]?t)\s++(?:(?:need|have)\s++to\s++)?+(?:do|touch|change)\s++"
    r"(?:anything|something|a\s++thing)|nothing\s++(?:to\s++(?:do|change|see)|needed|required)|no\s++action\s++(?:needed|required|necessary)|"
    r"no\s++need\s++(?:to\s++(?:do|change|touch)|for)\s++(?:anything|something))\b",
    re.IGNORECASE,
)
_FOR_SPEAKER = re.compile(
    r"(?:(?:i|we)(?:['’]?d)?\s++)?+(?:(?:just|only|really)\s++)?+(?:want|wanna|need|like|have|trying|going)(?:\s++to)?+\s++"
    r"(?:see|check|know|test|verify|find\s++out|make\s++sure|understand|learn|look|compare|confirm)\s++"
    r"(?:(?:if|whether|that|how|what|at|the|my|our)\s++)*+(?:\S++\s++){1,4}?(?:is|are|looks?|works?|comes?|gets?|goes|fires?|holds?|does|shows?)\b",
    re.IGNORECASE,
)
"""What somebody wants to see for himself, of a thing that is not known here: «want to check the report looks right»."""
_OPEN = re.compile(r"\b(?:please|pls|plz|too|also|as\s+well|instead|or|later|tomorrow|like|better)\b|\d", re.IGNORECASE)
"""What a sentence may wish for something with, or say a value by."""

_TELLING = re.compile(
    r"(?:my|our|his|her|their|its|the|these|those|this|that|every|most|many|several|i|we|he|she|they|it|there|"
    r"nothing|everything|nobody|somebody|someone|everyone|everybody|(?!need)\w+ed|had|was|were|been|got|hello|hi|hey|dear|"
    r"good\s++(?:morning|evening|afternoon|night|day))\b(?!$)",
    re.IGNORECASE,
)
"""Words with which no order begins."""
_AS_USUAL = re.compile(
    r"(?:(?:on|at|with|use|keep|just|only)\s++)?+(?:the\s++)?+(?:default|standard|usual|normal|regular)\s++\w++(?:\s++please)?+$",
    re.IGNORECASE,
)
"""What asks for a value that is taken anyhow: «normal ports»."""
_OWN_DOING = re.compile(
    r"(?:(?:i|we)(?:['’](?:d|ll|m|re|ve))?+\s++)?+(?:(?:just|only|really|would|will|am|are|also|still)\s++)*+"
    r"(?:(?:want|wanted|wanna|need|have|like|love|hope|hoping|plan|planning|going|gonna|trying|try|about)\s++"
    r"(?:to\s++(?!you\b|have\b|be\b)|it\s++(?:\w++\s++)?+for\b)|hope\b|need\s++it\s++(?:\w++\s++)?+for\b)",
    re.IGNORECASE,
)
"""What somebody wants to do himself, or needs something for: «I want to see the spinner»."""
_AND = re.compile(r"\b(?:and|then|also|plus)\b|&", re.IGNORECASE)
_SO = re.compile(r"\bso\b", re.IGNORECASE)


def begins_to_tell(text: str, separator: str) -> bool:
    """Whether a piece that means nothing here is no order, by how it begins: «my phone beeps all night».

    `separator` is what stands before it: behind «so» stands what something is for, behind «and» one more wish.
    """
    if is_conditional(text) or read_clause(text).is_question:
        return False
    if _OWN_DOING.match(text) and not _AND.search(separator):
        return True
    if WISH.search(text) or _orders(text):
        return False
    return bool(_TELLING.match(text) or _SO.search(separator) or _AS_USUAL.match(text))


def is_statement(text: str) -> bool:
    """Whether a sentence only tells something, whatever it is about: «change window is open»."""
    if is_conditional(text) or WISH.search(text) or _OPEN.search(text) or read_clause(text).is_question:
        return False
    if _NOT_AN_ORDER.match(text):
        return True
    found = _STATED.match(f"{text} ")
    return found is not None and not (acts(found["subject"]) or _orders(text[found.end() :]))


def _orders(text: str) -> bool:
    """Whether there is an action in a text in the form of an order: «restart», not «asking», «removed», «my phone»."""
    units = read_clause(text).units
    things = {other.place for one, other in pairwise(units) if not ARTICLES.isdisjoint(one.raws)}
    verbs = [unit for unit in units if unit.action not in ("", "state") and unit.place not in things]
    return any(not unit.raws[0].endswith(("ing", "ed", "s")) for unit in verbs)


def is_fragment(text: str) -> bool:
    """Whether a piece without a verb of its own only says who speaks, or how."""
    return bool(_FRAGMENT.match(text)) and not (is_conditional(text) or acts(text))


def is_done_by_others(text: str) -> bool:
    """Whether a piece says that somebody else does what it is about, or that there is nothing to do."""
    return bool(_HANDLED.match(text) or _NOTHING_TO_DO.match(text))


def is_for_speaker(text: str) -> bool:
    """Whether a piece says what its speaker will look at: «want to check the report looks right»."""
    return bool(_FOR_SPEAKER.match(text))


def is_about_people(text: str) -> bool:
    """Whether a text asks who did something, of which nothing here knows."""
    return bool(words_in(text)) and bool(_OF_OTHERS.match(text))

"""What people say beside what they wish: remarks, conditions, and taking back. Called by `reading.py`."""

import re

from orchestration.intake.actions import GROUPS
from orchestration.intake.doubt import tells_state
from orchestration.intake.phrases import read_clause
from orchestration.intake.said import SURE, Said, related
from orchestration.intake.words import LIGHT, NEGATIONS, REFUSALS, SILENT, VAGUE, words_in

LITTLE = 0.5
"""Below this a piece that only tells may as well mean nothing here."""
WISH = re.compile(
    r"\b(?:want|wanting|need|needs|please|pls|can(?!['’]t)|could|would|will|let['’]?s|should|must|have to|has to|wish|"
    r"prefer|wanna|gotta|mind|going to|trying to|looking to|(?:is|are) to be)\b|['’]d\b",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(?:(?:maybe|perhaps|\w+ly)\s+)?(?:i|i['’]?m|i['’]?ve|we|we['’]?ve|we['’]?re|it|it['’]?s|that|that['’]?s|they|they['’]?re|there|there['’]?s|he|"
    r"she|something|someone|somebody|everything|nothing|nobody|thanks|thank|sorry|because|since|as)\b|(?:both|all)\s+(?:are|were|have)\b"
    r"|(?:the|my|our|his|her|their|this|these|those|half|most|some|many|all|both|none|each|every|another|other|people|an?)\s(?:\S+\s){0,4}?"
    r"(?:is|are|was|were|has|have|does|do|did|isn['’]?t|aren['’]?t|wasn['’]?t|doesn['’]?t|don['’]?t|didn['’]?t)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:if|unless|whether|until|till|provided|otherwise)\b", re.IGNORECASE)
_COURTEOUS = re.compile(r"\b(?:please|pls|plz)\b", re.IGNORECASE)
_STRONG = re.compile(
    r"\b(?:want|wanting|need|needs|please|pls|plz|let['’]?s|should|must|(?:have|has)\s+to|wish|prefer|like|love|gotta|wanna)\b",
    re.IGNORECASE,
)
"""What wishes for something, whoever is spoken of."""
_HAS = re.compile(r"\b(?:have|having|get|getting|use|using|do|run)\b", re.IGNORECASE)
_SO = re.compile(r"\bso\W*$", re.IGNORECASE)
_TELLER = re.compile(
    r"(?:(?:the|my|our|his|her|their)\s+\w+|i|we|it|they|he|she|people|nobody|nothing|everybody|everyone|everything)\b",
    re.IGNORECASE,
)
_OF_DEGREE = re.compile(
    r"(?:(?:way|far|much)\s+)?(?:too|very|so|quite|pretty|really|rather)\s+(?!kind\b)\w+|(?:the\s+)?same\b.*\bas\s+(?:always|ever|before|usual|now)\b",
    re.IGNORECASE,
)
"""How something is: «way too many alerts at night», «same as always»."""
_CONSENT = re.compile(r"(?:yes|yeah|yep|yup|sure|ok|okay|alright|fine)\b", re.IGNORECASE)
_OTHERS_WISH = re.compile(
    r"(?:he|she|they|it|people|everybody|everyone|somebody|someone|nobody)\s+(?:(?:always|just|really|only|now|never)\s+)?"
    r"(?:wants?|needs?|likes?|loves?|wishes|wish)\b",
    re.IGNORECASE,
)
"""What others wish for, of somebody else: «they want money for everything»."""
_MAY_BE = re.compile(
    r"(?:i|we|it|he|she|they|that|this|there|nobody|everybody|everyone|someone|somebody)"
    r"(?:['’](?:ll|d)|\s+(?:will|can|could|would|may|might))\b",
    re.IGNORECASE,
)
"""What will or may be: «we will be away»."""
_OWN_PLAN = re.compile(
    r"(?:\w+\s+){0,2}?(?:i|we)(?:['’](?:d|m|re)|\s+(?:would|am|are))?\s+(?:(?:really|just|also|finally)\s+)?"
    r"(?:want|like|love|hope|wish|hoping|going|trying|planning|plan)\s+to\s+(?P<verb>\w+)",
    re.IGNORECASE,
)
_FOR_WHOM = (
    SILENT
    | VAGUE
    | frozenset(
        ("him", "her", "them", "us", "me", "everybody", "everyone", "somebody", "someone", "myself", "ourselves")
    )
)
"""Words behind what somebody wants to do that name nothing it could be done to here."""
_TOLD = re.compile(
    r"(?:the|my|our|his|her|their|this|that|these|those)\s+(?:\S+\s+){1,3}?"
    r"(?:\w{3,}[^\Ws]s|\w+ed|got|went|came|broke|died|fell|made|said|told|gave|kept|left|lost|ran|saw|took|thought|felt)(?:\s|$)|"
    r"\w{2,}ing\s+\w+",
    re.IGNORECASE,
)
"""What somebody or something does: «my boss loves charts», «driving me crazy». No order begins like this."""
_DOES = re.compile(
    r"(?!(?:can|could|would|will|do|please)\b)(?:(?!\byou?\b).)*?\s"
    r"(?:(?:does|do|did|has|is|was|are|were|would|could|ca|wo)(?:n['’]?t|\s+not)|would|will|could|can|may|might)\s+\w+",
    re.IGNORECASE,
)
"""What somebody or something does not do, or might do: «the page doesn't load»."""
_OWN_TOO = re.compile(r"(?:its|their)\s+(?:\S+\s+){1,3}?(?:too|also|as\s+well)\W*$", re.IGNORECASE)
"""«its volume too» behind a wish wishes for more."""
_MAY_ORDER = re.compile(
    r"(?:make|ensure|see|guarantee)\b|"
    r"(?!(?:the|an?|my|our|his|her|their|its|all|both|half|most|some|each|every|on|in|at|with|for|from|of|as|to|by|like|since|after|before|"
    r"now|then|here|there|today|yesterday|sometimes|currently|apparently|maybe|what|which|who|how|not|even|only|just)\b)"
    r"(?!\S+(?:s|ed|ing|ly)\s)\w+\s+(?:the|an?|my|our|his|her|their|its|all|every|it|them)\b(?!\s+(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
"""What may be an order for something that nobody here knows: «water the plants that are dry»."""
_MYSELF = re.compile(
    r"(?:\w+\s+){0,2}?i(?:['’]ll|\s+will|(?:['’]?m|\s+am)\s+(?:not\s+)?(?:going|about|planning)\s+to)\s+"
    r"(?!(?:have|need|want|get|like|take|be\s+needing)\b)\w+",
    re.IGNORECASE,
)
"""What the speaker does himself: «I'll look at it tomorrow»."""
_AS_WELL = re.compile(r"\b(?:too|also|as\s+well)\W*$", re.IGNORECASE)
_STILL = re.compile(r"(?:i|we|they)\s+(?:do\s+)?still\s+(?:need|want|use)\b", re.IGNORECASE)
_OR = re.compile(r"or\s+(?!(?:so|something|whatever|what|else|rather)\b)", re.IGNORECASE)
_TO_DO = re.compile(
    r"(?:(?:just|only|mainly|mostly)\s+)?(?:in\s+order\s+)?to\s+\w+|better\s+\w+\s+than\b", re.IGNORECASE
)
_ADDING = re.compile(r"\b(?:and|also|plus|or)\b|[&+]", re.IGNORECASE)
"""What adds one thing to another."""
_REPORT = re.compile(
    r"(?:the|my|our|this|these|those)\s(?:\S+\s){1,4}"
    r"(?:says?|tells?|reports?|shows?|keeps?|looks?|seems?|fails|failed|crashes|crashed|hangs|died|broke|breaks|eats)\b",
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
_IS_OF = re.compile(
    r"\d+\s+(?:is|was|belongs\s+to)\s+(?!(?:fine|ok|okay|good|better|best|right|great|the|a|free|what)\b)",
    re.IGNORECASE,
)
"""What a value is used by: «3001 is kuma»."""
_PURPOSE = re.compile(
    r"(?:i|we)(?:['’]d)?\s+(?:\w+\s+){0,2}?(?:want|need|like|love|wish|hope|have)\s+to\s+(?:(?:always|just|finally|really)\s+)?"
    r"(?:see|know|hear|find|learn|watch|look|monitor|check|track|understand|feel|make\s+sure|keep|"
    r"(?:be|get)\s+(?:able|told|notified|alerted|warned|informed|sure))\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(r"(?:i|he|she|somebody|someone|everybody|everyone|nobody)\b", re.IGNORECASE)
_LEAVE = re.compile(
    r"\b(?:says?|said|tells?|told|confirm|approve|agree|decide|okay|ok|allow|ask|answer|reply)", re.IGNORECASE
)
_LIMIT = re.compile(
    r"(?:please\s+|but\s+|just\s+)*(?:"
    r"(?:don['’]?t|do\s+not|never)\s+(?!worry|mind|care|bother|hurry|know|panic|forget|need|ask|think|like|see|get)|"
    r"not\s+(?!sure|urgent|certain|a\s+(?:problem|big)|in\s+a\s+hurry|that|too|so|to\s+worry|kidding|joking|my|much|really)|"
    r"(?:without|except|excluding|avoid|skip|ignore|unless)\b)",
    re.IGNORECASE,
)
_TO_BE_TOLD = re.compile(
    r"(?:tell|let|notify|alert|warn|ping|inform|remind|message|text)\s+(?:me|us|\w+)(?:\s+know)?$", re.IGNORECASE
)
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
    r"(?:just|only)\s+(?:kidding|joking)|jk\b|forget\s+(?:it|that)|on\s+second\s+thoughts?|cancel\s+that|or\s+rather|correction|(?:sorry\s+)?i\s+meant?\b)",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:says?|said|told\s+(?:me|us))\s+(?:no|wait|stop|not|never|don['’]?t|keep)\b|"
    r"\bstill\s+(?:\w+\s+)?(?:needs?|needed|uses?|used|using|running|wants?|there|in\s+use|important|missing)\b|"
    r"\b(?:is|are|was|were)\s+(?:pending|against|important|precious|irreplaceable)\b|\bfreeze\s+(?:is|has|starts?|began)\b|"
    r"\b(?:nobody|no\s+one)\s+(?:has\s+)?(?:approved|agreed|allowed|said\s+yes)\b|\bagreed\s+not\b|"
    r"\b(?:never|not\s+yet|wasn['’]?t|weren['’]?t|no\s+backups?)\b.{0,40}?\b(?:made|backed|saved|approved|copied|agreed|there)\b",
    re.IGNORECASE,
)
"""What may speak against a wish."""
_NARROWING = re.compile(
    r"(?:and\s+|but\s+)?(?:only|just)\s+(?:on|in|at|for|with|from|by|within|inside)\b", re.IGNORECASE
)
_NOT_NEEDED = re.compile(
    r"(?:i|we|they)\s+(?:don['’]?t|do\s+not|no\s+longer|never)\s+(?:really\s+)?needs?\b", re.IGNORECASE
)
_UNWISHED = re.compile(r"\b(?:don['’]?t|do\s+not|no\s+longer|never)\s+(?:need|want|like|love|wish)s?\b", re.IGNORECASE)


def is_remark(one: Said) -> bool:
    """Whether a piece tells something and wishes for nothing: «I have them all elsewhere», «don't care how»."""
    if _REASON.match(one.text) or is_unfit(one.text) or _is_so(one):
        return True
    if one.tie in ("after", "before", "if"):
        return False
    if _OWN_TOO.match(one.text):
        return False
    if _REMARK.match(one.text) or (_REPORT.match(one.text) and not one.is_heading):
        return not WISH.search(_UNWISHED.sub("", one.text)) or _is_beside(one)
    if _is_beside(one):
        return True
    clause = read_clause(one.text)
    if clause.is_question or related(one.matches) or _AS_WELL.search(one.text):
        return False
    does = bool(_DOES.match(one.text))
    return does or (not acts(one.text) and not REFUSALS.isdisjoint(clause.turning))


def _is_so(one: Said) -> bool:
    """Whether a piece says what the one before it is for, or brings about: «…, so I can sleep», «… so it is clean»."""
    is_bound = bool(_SO.search(one.separator) and not one.is_new_sentence and _TELLER.match(one.text))
    return is_bound and one.relevance < SURE and not _STRONG.search(one.text) and not (one.tie or _acts_for(one.text))


def _acts_for(text: str) -> bool:
    """Whether a text may ask for an action by telling of it: «we can restart kuma», but not «it restarts cleanly»."""
    return acts(text) and bool(WISH.search(text))


def _is_beside(one: Said) -> bool:
    """Whether a piece that means nothing here is said of somebody or something: «they want money for everything».

    Whoever speaks of a wish of his own may mean it for us, unless it says what only he can do.
    """
    text = one.text
    if _MYSELF.match(text):
        return True
    if (
        _AS_WELL.search(text)
        or acts(text)
        or one.relevance >= LITTLE
        or is_conditional(text)
        or read_clause(text).is_question
    ):
        return False
    if _OF_DEGREE.match(text) or _CONSENT.match(text):
        return not _COURTEOUS.search(text)
    if _OTHERS_WISH.match(text) or _MAY_BE.match(text):
        return not _STRONG.search(_OTHERS_WISH.sub("", text, count=1)) and not _HAS.search(text)
    if found := _OWN_PLAN.match(text):
        return found["verb"] not in LIGHT and all(raw in _FOR_WHOM for raw in words_in(text[found.end() :]))
    is_said = _TO_DO.match(text) or (_TOLD.match(text) and not _ADDING.search(one.separator))
    return (bool(is_said) or (tells_state(read_clause(text)) and not may_order(text))) and not WISH.search(text)


def may_order(text: str) -> bool:
    """Whether a piece that means nothing here may yet be an order: «water the plants that are dry»."""
    return bool(_MAY_ORDER.match(text))


def is_unfit(text: str) -> bool:
    """Whether a piece says that a value cannot be had: «3000 is taken»."""
    return bool(_UNFIT.search(text) or _IS_OF.match(text)) and not (WISH.search(text) or read_clause(text).is_question)


def is_up_to_somebody(text: str) -> bool:
    """Whether a condition is about what somebody else does: «once I say so»."""
    return bool(_SOMEBODY.match(text))


def is_deadline(text: str) -> bool:
    """Whether what is said behind «before» only tells by when: «before I swap the disk», and not «before I say so»."""
    return is_up_to_somebody(text) and not _LEAVE.search(text)


def is_choice(text: str) -> bool:
    """Whether a piece leaves open which of two things is wished for: «or photos»."""
    return bool(_OR.match(text))


def is_needed(text: str) -> bool:
    """Whether a piece says that something is needed all the same, or that somebody is against it: «Bob said no»."""
    return bool(_STILL.match(text) or _AGAINST.search(text))


def is_narrowing(text: str) -> bool:
    """Whether a piece says where alone a wish holds: «only on the test machine»."""
    return bool(_NARROWING.match(text))


def is_conditional(text: str) -> bool:
    """Whether a piece puts a condition on something."""
    return bool(_CONDITION.search(text))


def is_purpose(text: str) -> bool:
    """Whether a piece says what something is for: «I want to see what is going on»."""
    return bool(_PURPOSE.match(text))


def is_limit(text: str) -> bool:
    """Whether a piece says what the wish before it must not touch: «keep the data», «not the dashboards»."""
    return bool(_LIMIT.match(text))


def is_standing(text: str) -> bool:
    """Whether a piece asks to be told of something, which «when …» makes a standing order: «tell me», «let us know»."""
    return bool(_TO_BE_TOLD.search(text))


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
    is_empty = read_clause(text).is_turned_round and not _means_something(text)
    return bool(_TAKEN_BACK.match(text)) or (is_empty and not _NOT_NEEDED.match(text))


def is_only_taking_back(text: str) -> bool:
    """Whether such a piece says nothing else."""
    return not _means_something(_TAKEN_BACK.sub("", text, count=1))


def acts(text: str) -> bool:
    """Whether a text names an action."""
    return any(unit.action and unit.action != "state" for unit in read_clause(text).units)


def asks_first(text: str) -> bool:
    """Whether a text begins with what is to be done."""
    first = next((unit for unit in read_clause(text).units if not unit.is_silent), None)
    return bool(first and first.action)


def lacks_verb(text: str) -> bool:
    """Whether a text only names something: «grafana please»."""
    units = read_clause(text).units
    return not any(unit.action or not _HAVING.isdisjoint(unit.raws) for unit in units)


def _means_something(text: str) -> bool:
    return any(unit.stems and not unit.is_silent and unit.raws[0] not in NEGATIONS for unit in read_clause(text).units)

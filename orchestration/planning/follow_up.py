"""The words by which a follow-up corrects a plan. Used by `correction.py`."""

import re

from orchestration.intake.words import LIGHT, SILENT

MARK = re.compile(
    r"(?:no|nope|actually|sorry|wait|hm+|oh|oops|ok|okay|please|rather|instead|correction|i\s+mean|i\s+meant|well|but|yes|yeah|"
    r"on\s+second\s+thought|make\s+(?:it|that)(?=\s+[^\W\d]))\b[\s,.:!-]*",
    re.IGNORECASE,
)
"""Words that only say that something is to be corrected."""
LEAVE_OUT = re.compile(
    r"(?:(?:and|but|please|just|let['’]?s|can\s+you|could\s+you|you\s+can|we\s+can|i\s+want\s+to)\s+)*"
    r"(?:without|skip|omit|leave\s+(?:out|off|away)|except(?:\s+for)?|forget(?:\s+about)?|cancel|drop|not|no|don['’]?t(?:\s+do)?|"
    r"do\s+not(?:\s+do)?|never\s+mind|scratch|strike|(?:remove|delete|take\s+out)(?=\s+(?:the\s+)?(?:task|step|number|no|#|\d|first|"
    r"second|third|fourth|fifth|last)\b))\s+(?P<what>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""«without the portals», «skip the second», «not kuma»; `what` is what to leave out."""
ONLY = re.compile(
    r"(?:(?:and|but|please|do|run|keep|i\s+want)\s+)*(?:only|just)\s+(?:(?:do|run|keep|want|the\s+one)\s+)?(?P<what>.+?)"
    r"(?:\s+only)?$",
    re.IGNORECASE | re.DOTALL,
)
"""«only the first»; `what` is what stays."""
REMOVE = re.compile(r"(?:please\s+)?(?:remove|delete|take\s+out)\s+(?P<what>.+)", re.IGNORECASE | re.DOTALL)
"""«remove the portals»: of the plan, or of the world."""
IN_ADDITION = re.compile(
    r"^(?:also|and\s+also|plus|additionally)\b[\s,]*|\b(?:too|as\s+well|in\s+addition)$", re.IGNORECASE
)
"""«also …», «… too»."""
ORDINALS = {
    word: place
    for place, words in enumerate(("first 1st 1 one", "second 2nd 2 two", "third 3rd 3 three", "fourth 4th 4 four",
                                   "fifth 5th 5 five", "sixth 6th 6 six"), start=1)
    for word in words.split()
}  # fmt: skip
"""Places in a plan by the words for them."""
POINTING = {"task", "tasks", "step", "steps", "number", "no", "part", "thing", "item", "last"}
"""Words that stand beside a place: «task 2»."""
_CHANGES = """change changed switch move update adjust pick choose prefer rather different another other not actually
    sorry mean meant better try value via over under number wrong default standard usual normal"""
CHANGING = SILENT | LIGHT | set(_CHANGES.split())
"""Words that say that something changes, and not what."""

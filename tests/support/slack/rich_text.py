"""The shape of rich_text blocks, which task cards hold their details in."""

from tests.support.slack.shapes import Check, array, choice, flag, record, string, typed, url, whole

STYLE = record({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), flag))
INLINE = typed(
    {
        "text": record({"text": string(12_000)}, {"style": STYLE}),
        "link": record({"url": url}, {"text": string(12_000), "unsafe": flag, "style": STYLE}),
        "emoji": record({"name": string(100)}, {"unicode": string(100), "skin_tone": whole(1, 6)}),
        "user": record({"user_id": string(50)}, {"style": STYLE}),
        "usergroup": record({"usergroup_id": string(50)}, {"style": STYLE}),
        "channel": record({"channel_id": string(50)}, {"style": STYLE}),
        "broadcast": record({"range": choice("here", "channel", "everyone")}, {"style": STYLE}),
        "date": record(
            {"timestamp": whole(0, 2**40), "format": string(100)}, {"url": url, "fallback": string(200), "style": STYLE}
        ),
    }
)
SECTION = record({"elements": array(INLINE, 1000)})
PARTS: dict[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": record(
        {"elements": array(INLINE, 1000)}, {"border": whole(0, 1), "language": string(50)}
    ),
    "rich_text_quote": record({"elements": array(INLINE, 1000)}, {"border": whole(0, 1)}),
    "rich_text_list": record(
        {"style": choice("bullet", "ordered"), "elements": array(typed({"rich_text_section": SECTION}), 1000)},
        {"indent": whole(0, 8), "offset": whole(0, 1000), "border": whole(0, 1)},
    ),
}
RICH_TEXT = record({"elements": array(typed(PARTS), 1000)}, {"block_id": string(255)})
ONE_PART = typed({"rich_text": record({"elements": array(typed(PARTS), 1)}, {"block_id": string(255)})})
"""A rich_text with exactly one part, as two independent readings of the task card's documentation have it."""
CELL = typed(
    {
        "raw_text": record({"text": string(12_000)}),
        "raw_number": record({"value": whole(-(2**53), 2**53)}, {"text": string(100)}),
        "rich_text": RICH_TEXT,
    }
)

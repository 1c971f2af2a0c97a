"""The picture in the README shows what stands in Discord, and nothing in it becomes markup of the page."""

from tests.support.discord.guild import BEN, OPS, Model
from tests.support.discord.picture import render_html


def test_a_page_shows_a_message_as_it_reads() -> None:
    """Headings, small print, items, what is bold or escaped, buttons and times are drawn; tags are only text."""
    text = "### Plan \\<b\\>\n-# digest\n- one\n  - two\n**bold \\*star\\***\nuntil <t:0:f>"
    button = {"type": 2, "style": 3, "label": "Approve <i>", "custom_id": "v1:x"}
    row = {"type": 1, "components": [button]}
    box = {"type": 17, "accent_color": 255, "components": [{"type": 10, "content": text}, row]}
    model = Model()
    page = render_html(model.write(OPS, model.members[BEN], {"components": [box]}))
    for drawn in (
        'heading">Plan &lt;b&gt;<',
        'small">digest<',
        'item">one<',
        'deep">two<',
        "<b>bold *star*</b>",
        "1 January 1970 00:00",
        'style3">Approve &lt;i&gt;<',
        "border-left-color:#0000ff",
    ):
        assert drawn in page

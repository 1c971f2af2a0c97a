"""The Home tab: what waits for somebody, what they asked for, what runs. A pure function, and who keeps it current."""

import asyncio
import time
from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.slack import blocks, cards
from adapters.chat.slack.blocks import JSON, Line, words
from adapters.chat.slack.calls import called
from bot.board import Board
from bot.chat import Account, Note, SendLater, SendRefused, ShownCard
from bot.conversation import Conversation
from orchestration.ports import Committed

MOST_BLOCKS = 90
LONGEST_LINE = 200
LOOKED_AT_SECONDS = 3600.0
"""How long a tab is kept current after somebody opened it."""
EVERY_SECONDS = 2.0
NOTHING = "Nothing."
NOT_HERE = "is too large for this page: decide on its card, in the thread where it was asked for."


def view(board: Board | Note) -> JSON:
    """Return the tab of a board; of a note, why there is nothing to see."""
    if isinstance(board, Note):
        return _tab([blocks.rich([[words(line)] for line in board.lines])])
    made = [_heading("Waits for you")]
    left: list[Line] = []
    for shown in board.waiting:
        whole = cards.alone(shown)
        if whole is None or len(made) + len(whole) > MOST_BLOCKS - 10:
            left.append([words(f"Plan {shown.card.code} {NOT_HERE}")])
        else:
            made += [*whole, {"type": "divider"}]
    if left or not board.waiting:
        made.append(blocks.rich(left or [[words(NOTHING)]]))
    made += [_heading("You asked for"), _list(board.asked), _heading("Runs now"), _list(board.running)]
    return _tab(made)


def _heading(text: str) -> JSON:
    return {"type": "header", "text": blocks.plain_text(text, 150)}


def _list(shown: tuple[ShownCard, ...]) -> JSON:
    lines = [
        [words(one.card.code, "bold"), words(blocks.shortened(f"  {_standing(one)}  {one.card.asked}", LONGEST_LINE))]
        for one in shown
    ]
    return blocks.rich(lines or [[words(NOTHING)]])


def _standing(shown: ShownCard) -> str:
    return shown.card.verdict or shown.card.status.replace("_", " ")


def _tab(made: list[JSON]) -> JSON:
    return {"type": "home", "blocks": made}


class Homes:
    """Shows tabs, and keeps those current that somebody looked at lately."""

    def __init__(self, client: AsyncWebClient, conversation: Conversation) -> None:
        self._client = client
        self._conversation = conversation
        self._looking: dict[Account, float] = {}
        self._shown: dict[Account, JSON] = {}
        self._publishing: dict[Account, asyncio.Task[None]] = {}

    def opened(self, account: Account) -> None:
        """Show somebody their tab."""
        self._looking[account] = time.monotonic()
        self._shown.pop(account, None)
        self._publish(account, 0.0)

    def committed(self, news: Committed) -> None:
        """Note that plans have changed."""
        if not any(event.name.startswith(("plan.", "decision.", "vote.")) for event in news.events):
            return
        for account, at in list(self._looking.items()):
            if time.monotonic() - at > LOOKED_AT_SECONDS:
                self._leave(account)
            else:
                self._publish(account, EVERY_SECONDS)

    async def close(self) -> None:
        """End."""
        working = list(self._publishing.values())
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    def _publish(self, account: Account, seconds: float) -> None:
        before = self._publishing.get(account)
        if before is not None and seconds:
            return  # it looks when its time has come
        task = asyncio.create_task(self._show(account, seconds))
        self._publishing[account] = task
        task.add_done_callback(self._forget(account, task))

    def _forget(self, account: Account, task: asyncio.Task[None]) -> Callable[[object], None]:
        def forget(_: object) -> None:
            if self._publishing.get(account) is task:
                del self._publishing[account]

        return forget

    def _leave(self, account: Account) -> None:
        self._looking.pop(account, None)
        self._shown.pop(account, None)

    async def _show(self, account: Account, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._publishing.pop(account, None)  # what changes from here on is shown by the next
        board = await self._conversation.board(account)
        tab = view(board)
        if self._shown.get(account) == tab:
            return
        user = account.user.partition("/")[2]
        try:
            await called(self._client.views_publish(user_id=user, view=tab))
            self._shown[account] = tab
        except SendLater as later:
            self._publish(account, max(EVERY_SECONDS, later.seconds))
            return
        except SendRefused:
            self._leave(account)
        if isinstance(board, Note):
            self._leave(account)  # nothing changes for whom nothing is shown, and each look is on the record

"""Slack as a platform: posts, edits, whispers. Called by the relay of threads, which paces, coalesces and repeats."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.slack import cards, notes
from adapters.chat.slack.calls import Uneditable, Unreadable, called
from adapters.chat.slack.cards import Part
from adapters.chat.slack.identity import Identities
from adapters.chat.slack.places import Place, read_place
from adapters.chat.slack.uploads import Uploads
from bot import wording
from bot.chat import Account, Budget, Note, Pace, Post, SendLater, SendRefused, ShownCard
from bot.pace import Turns

IN_CHANNEL = Budget(per_second=0.9, burst=3)
"""Slack takes about one new message a second in a channel."""
EVENT_TYPE = "sayso_post"
LOOKED_AT = 200
"""Messages a page when one's own is looked for, and pages."""
LOOKED_PAGES = 10
INERT = re.compile(r"[\w .,·()-]*")
"""Text that is no markup, where Slack would read it as such."""
SILENT = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}
"""Nothing in a message pings anybody or is fetched."""


class SlackPlatform:
    """Shows things in one workspace."""

    def __init__(self, client: AsyncWebClient, uploads: Uploads, identities: Identities) -> None:
        self._client = client
        self._uploads = uploads
        self._identities = identities
        self._knows_plans = True
        """Whether this Slack takes plan blocks; found out by its first refusal."""
        self._channels: dict[str, Turns] = {}

    @property
    def pace(self) -> Pace:
        """Slack takes about 50 edits a minute in a workspace, some of them kept for what must not wait; new messages
        count apart, and more of them go through.
        """
        posts = Budget(per_second=4, burst=10)
        return Pace(per_second=0.75, burst=8, thread_seconds=3, reserved=3, posts=posts, skips=frozenset({"started"}))

    async def refuses(self, account: Account) -> str:
        """Return why an account may not speak: of another organisation, a guest, a bot, or gone."""
        return await self._identities.refuses(account)

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Show something new; see the port."""
        place = self._place(thread)
        if isinstance(post, ShownCard):
            return await self._post_card(place, post, key, is_in_doubt)
        return str(await self._post_note(place, post, key, is_in_doubt))

    def below(self, thread: str, message: str) -> str:
        """Return the address of the thread that a card is in, or else of the one below it."""
        shown = self._place(message)
        return thread if self._place(thread).ts else str(shown.at(shown.parts[-1]))

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Overwrite a message; see the port."""
        place, shown = self._place(thread), self._place(message)
        if not isinstance(post, ShownCard):
            await self._change(shown, notes.part(post))
            return message
        try:
            return await self._edit_card(place, shown, post)
        except Uneditable:
            return await self._anew(place, shown, post)

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Tell one person: where they spoke, or directly where only they read."""
        place, user = self._place(thread), account.user.partition("/")[2]
        part = notes.part(note)
        if place.is_direct:
            await self._send(place, part)
            return
        arguments: dict[str, Any] = {"channel": place.channel, "user": user, "text": part.text, "blocks": part.blocks}
        arguments |= {"thread_ts": place.ts} if place.ts else {}
        try:
            await called(self._client.chat_postEphemeral(**arguments, parse="none", link_names=False))
        except SendRefused:
            await self._send(Place(user), part)

    # --------------------------------------------------------------------------------------------------- cards

    async def _post_card(self, place: Place, post: ShownCard, key: str, is_in_doubt: bool) -> str:
        made = cards.parts(post, self._knows_plans)
        try:
            return str(await self._post_parts(place, made, key, is_in_doubt))
        except Unreadable as unreadable:
            return str(await self._post_parts(place, self._without_plans(post, unreadable), key, is_in_doubt))

    async def _post_parts(self, place: Place, made: list[Part], key: str, is_in_doubt: bool) -> Place:
        stamps: list[str] = []
        for number, part in enumerate(made):
            part_key = key if number == len(made) - 1 else f"{key}.part{number}"
            try:
                found = await self._found(place, part_key) if is_in_doubt else ""
                if found:
                    await self._change(place.at(found), part)
                stamps.append(found or await self._send(place, part, part_key))
            except SendLater as later:
                later.is_in_doubt |= bool(stamps)  # those that are there are found again
                raise
        return place.at(*stamps)

    async def _edit_card(self, place: Place, shown: Place, post: ShownCard) -> str:
        made = cards.parts(post, self._knows_plans)
        try:
            return await self._edit_parts(place, shown, made, post)
        except Unreadable as unreadable:
            return await self._edit_parts(place, shown, self._without_plans(post, unreadable), post)

    async def _edit_parts(self, place: Place, shown: Place, made: list[Part], post: ShownCard) -> str:
        """Overwrite a card; where it needs more messages than before, it is shown anew at the end."""
        *pages, main = shown.parts
        if len(made) - 1 > len(pages):
            await self._change(shown.at(main), notes.part(Note("changed", (wording.shown_below(post.card.code),))))
            return await self._anew(place, shown, post)
        for ts, part in zip(pages, made[:-1], strict=False):
            await self._change(shown.at(ts), part)
        if post.card.is_open:
            await self._empty([shown.at(ts) for ts in pages[len(made) - 1 :]], post.card.code)
        await self._change(shown.at(main), made[-1])
        return str(shown)

    async def _anew(self, place: Place, before: Place, post: ShownCard) -> str:
        """Show a card at the end of its thread, in place of one that cannot be it any more."""
        return await self._post_card(place, post, f"{post.card.plan_id}.after.{before.ts}", is_in_doubt=True)

    async def _empty(self, pages: list[Place], code: str) -> None:
        """Say of parts of an earlier revision that they count no longer."""
        for page in pages:
            await self._change(page, notes.part(Note("changed", (wording.no_longer_part(code),))))

    def _without_plans(self, post: ShownCard, why: Unreadable) -> list[Part]:
        """Return a card for a Slack that knows no plan blocks; raises SendRefused when that was not what it minds."""
        if not self._knows_plans:
            raise SendRefused(f"Slack does not take it: {why}") from why
        self._knows_plans = False
        return cards.parts(post, with_plan=False)

    async def _change(self, place: Place, part: Part) -> None:
        arguments: dict[str, Any] = {"channel": place.channel, "ts": place.ts, "text": part.text, "blocks": part.blocks}
        await called(self._client.chat_update(**arguments, parse="none", link_names=False))

    # ------------------------------------------------------------------------------------------------- messages

    async def _send(self, place: Place, part: Part, key: str = "") -> str:
        """Post one message; return its time, which names it. Raises SendLater, in doubt when no answer came."""
        turns = self._channels.setdefault(place.channel, Turns(IN_CHANNEL))
        await turns.take(is_urgent=True)
        arguments: dict[str, Any] = {"channel": place.channel, "text": part.text, "blocks": part.blocks, **SILENT}
        if place.ts:
            arguments["thread_ts"] = place.ts
        if key:
            arguments["metadata"] = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        try:
            return str((await called(self._client.chat_postMessage(**arguments), is_post=True))["ts"])
        except SendLater as later:
            turns.rest(later.seconds)
            raise

    async def _post_note(self, place: Place, note: Note, key: str, is_in_doubt: bool) -> Place:
        """Post a note and its files: one message where the note can be the comment of its files, else two."""
        is_comment = bool(note.files) and len(note.lines) == 1 and not note.buttons and INERT.fullmatch(note.lines[0])
        if is_comment and await self._show_files(place, note, note.lines[0], is_in_doubt):
            return place
        found = await self._found(place, key) if is_in_doubt else ""
        shown = place.at(found or await self._send(place, notes.part(note), key))
        if note.files and not is_comment:
            try:
                await self._show_files(place, note, "", is_in_doubt)
            except SendLater as later:
                later.is_in_doubt = True  # the note is there
                raise
        return shown

    async def _show_files(self, place: Place, note: Note, comment: str, is_in_doubt: bool) -> bool:
        """Show the files of a note; False where that cannot be done, which keeps nothing from being told."""
        if is_in_doubt and await self._found_file(place, {file.name for file in note.files}):
            return True
        try:
            return await self._uploads.show(place, note.files, comment)
        except SendLater as later:
            if later.is_general or not self._uploads.gives_up(place, note.files):
                raise
            return False
        except SendRefused:
            return False

    def _place(self, address: str) -> Place:
        try:
            place = read_place(address)
        except ValueError as error:
            raise SendRefused(str(error)) from None
        return place if place.team else replace(place, team=self._identities.team)

    async def _found(self, place: Place, key: str) -> str:
        """Return the time of the bot's own message with this key; empty when there is none."""
        async for message in self._messages(place):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT_TYPE and metadata.get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        return ""

    async def _found_file(self, place: Place, names: set[str]) -> bool:
        async for message in self._messages(place):
            if message.get("bot_id") and names & {str(file.get("title")) for file in message.get("files") or []}:
                return True
        return False

    async def _messages(self, place: Place) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        for _ in range(LOOKED_PAGES):
            page: dict[str, Any] = {"channel": place.channel, "limit": LOOKED_AT, "include_all_metadata": True}
            page |= {"cursor": cursor} if cursor else {}
            if place.ts:
                answer = await called(self._client.conversations_replies(**page, ts=place.ts))
            else:
                answer = await called(self._client.conversations_history(**page))
            for message in answer.get("messages") or []:
                yield message
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

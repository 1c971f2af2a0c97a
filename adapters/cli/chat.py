"""`sayso chat`: a conversation in the terminal, with what runs drawn live under the prompt."""

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style
from rich.console import Console

from adapters.chat.dialogue import play, read_dialogue
from adapters.chat.hub import Chats, open_chats
from adapters.chat.screen import Screen
from adapters.chat.scripted import ScriptedChat
from adapters.chat.terminals import TerminalNews, Terminals
from adapters.chat.typed import Pressed, read_line
from adapters.cli import exits, sentences
from adapters.cli.session import Context, find_serve, load_context, own_context, owning
from adapters.serve.chat_bodies import news_of, said_data
from adapters.serve.client import Client
from adapters.voices import system_user
from bot.chat import Account, Click, Message
from orchestration.errors import InvalidRequest, NotAllowed
from orchestration.intake.request import clean_text

REFRESH_SECONDS = 0.5
LEAVE = ("leave", "quit", "exit")
YES, NO = ("y", "yes"), ("n", "no")


class Line(Protocol):
    """What connects a terminal with the Sayso that it talks to."""

    async def take(self, item: Message | Click) -> None:
        """Hand over what was typed."""

    def news(self) -> AsyncGenerator[TerminalNews, None]:
        """Yield what is to be shown."""

    @property
    def ends_with_us(self) -> bool:
        """Whether what runs there would be cut off by the end of this process."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """To a Sayso in this process."""

    ends_with_us = True

    chats: Chats
    terminals: Terminals
    thread: str

    async def take(self, item: Message | Click) -> None:
        """Hand over what was typed."""
        await self.chats.inbox.take(item)

    def news(self) -> AsyncGenerator[TerminalNews, None]:
        """Yield what is to be shown."""
        return self.terminals.news(self.thread)


async def chat(as_person: str | None) -> int:
    """Talk until the person leaves; return the exit code."""
    context = load_context()
    person = context.voice(as_person).person
    if person not in context.configuration.people.people:
        raise NotAllowed(f"I don't know {person}. The people file says who may use Sayso here. Nothing was changed.")
    account = Account("terminal", system_user(), person)
    thread = f"terminal:{uuid.uuid4()}"
    async with _line(context, thread) as line:
        await Talk(line, thread, account).run()
    return exits.DONE


class ServedLine:
    """To the `sayso serve` that owns the home."""

    ends_with_us = False

    def __init__(self, client: Client, thread: str) -> None:
        self._client = client
        self._thread = thread

    async def take(self, item: Message | Click) -> None:
        """Hand over what was typed."""
        await self._client.post("chat/take", said_data(item))

    async def news(self) -> AsyncGenerator[TerminalNews, None]:
        """Yield what is to be shown; raises Unavailable when the serve ends."""
        async with aclosing(self._client.lines(f"chat/news?thread={self._thread}")) as found:
            async for line in found:
                yield news_of(line)


async def play_script(script: TextIO) -> int:
    """Play a written dialogue on a Sayso of this command's own; return the exit code."""
    try:
        dialogue = read_dialogue(script.read())
    except UnicodeDecodeError:
        raise InvalidRequest(
            f"{script.name} is not a text in UTF-8. Write PERSON, two spaces and what they say."
        ) from None
    async with owning(load_context()) as sayso:
        scripted = ScriptedChat(system_user())
        async with open_chats(sayso, {"terminal": scripted}) as chats:
            await sayso.go()
            await play(scripted, chats, dialogue, _to_stdout)
    return exits.DONE


@asynccontextmanager
async def _line(context: Context, thread: str) -> AsyncIterator[Line]:
    if await find_serve(context.home):
        yield ServedLine(Client(context.home.path), thread)
        return
    async with owning(own_context(context.settings) if context.served else context) as sayso:
        terminals = Terminals()
        async with open_chats(sayso, {"terminal": terminals}) as chats:
            await sayso.go()
            yield OwnLine(chats, terminals, thread)
            await sayso.drain(_to_stderr)


def _to_stdout(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


class Talk:
    """One person at one terminal."""

    def __init__(self, line: Line, thread: str, account: Account) -> None:
        self._line = line
        self._thread = thread
        self._account = account
        self._is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self._to_confirm: Pressed | None = None
        self._is_heard = asyncio.Event()

    async def run(self) -> None:
        """Read and show until the person leaves."""
        with patch_stdout(raw=True):
            # Made here, so that it writes above the prompt.
            self._screen = Screen(Console(highlight=False, markup=False, emoji=False, force_terminal=self._is_terminal))
            self._screen.say(*sentences.chat_begins(self._account.speaks_for))
            tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._read())]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()  # a serve that stopped ends the talk with its sentence

    async def _watch(self) -> None:
        async with aclosing(self._line.news()) as found:
            async for news in found:
                if news.kind == "ready":
                    self._is_heard.set()
                else:
                    self._screen.show(news)

    async def _read(self) -> None:
        await self._is_heard.wait()
        lines = self._typed() if self._is_terminal else _piped()
        async for line in lines:
            if line.strip().lower() in LEAVE:
                break
            if line.strip():
                await self._take(line.strip())
        if self._line.ends_with_us and self._screen.live():
            self._screen.say(sentences.STILL_RUNS)
        if self._line.ends_with_us or not self._is_terminal:
            await self._screen.until_quiet()

    async def _take(self, line: str) -> None:
        try:
            await self._send(line)
        except InvalidRequest as error:
            self._screen.say(str(error))

    async def _send(self, line: str) -> None:
        confirmed, self._to_confirm = self._to_confirm, None
        if confirmed is not None and line.lower() in YES:
            await self._press(confirmed)
            return
        if confirmed is not None:
            self._screen.say(sentences.NOT_CONFIRMED)
            if line.lower() in NO:
                return
        if pressed := read_line(line, self._screen.posts):
            if pressed.button.confirm:
                self._to_confirm = pressed
                self._screen.say(f"{pressed.button.confirm} Type yes.")
            else:
                await self._press(pressed)
        else:
            # What cannot be sent as text is refused here, in the words that the core has for it.
            message = Message(f"terminal:{uuid.uuid4()}", self._thread, self._account, clean_text(line))
            await self._line.take(message)

    async def _press(self, pressed: Pressed) -> None:
        account = replace(self._account, speaks_for=pressed.person or self._account.speaks_for)
        button = pressed.button.value
        await self._line.take(Click(f"terminal:{uuid.uuid4()}", self._thread, account, button, pressed.fields))

    async def _typed(self) -> AsyncIterator[str]:
        """Yield what is typed at a terminal, with the live lines under the prompt; ends with Ctrl-D or Ctrl-C."""
        session: PromptSession[str] = PromptSession(
            f"{self._account.speaks_for}> ",
            bottom_toolbar=lambda: ANSI(self._screen.live()),
            style=Style.from_dict({"bottom-toolbar": "noreverse"}),
            refresh_interval=REFRESH_SECONDS,
        )
        while True:
            try:
                yield await session.prompt_async()
            except (EOFError, KeyboardInterrupt):
                return


async def _piped() -> AsyncIterator[str]:
    """Yield the lines of a script on standard input."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line

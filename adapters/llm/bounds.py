"""How much of a response is read, since both SDKs read whatever comes. Used by `bounded_body` and `bounded_stream`."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping


class BodyTooLong(Exception):
    """The body of a response is longer than any answer, or packed so that it may be."""


async def bounded(chunks: AsyncIterable[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    """Yield what comes; raises BodyTooLong once it is more than so many bytes."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise BodyTooLong
        yield chunk


def refuse_packed(headers: Mapping[str, str]) -> None:
    """Raise BodyTooLong for a body that is packed: nobody can say how long it is."""
    if headers.get("content-encoding", "identity") != "identity":
        raise BodyTooLong

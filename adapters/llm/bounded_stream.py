"""Keeps what Ollama streams within bounds, since its client collects lines of any length. Imported by `ollama`.

The same as `bounded_body`, for the other HTTP library that the two SDKs brought along.
"""

from collections.abc import AsyncIterator

import httpx

MOST_BYTES = 8 * 2**20
"""Each token comes as a line of its own of some hundred bytes."""


class BodyTooLong(Exception):
    """The body of a response is longer than any answer, or packed so that it may be."""


class BoundedStream(httpx.AsyncByteStream):
    """A body that ends with BodyTooLong."""

    def __init__(self, body: httpx.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._body:
            size += len(chunk)
            if size > MOST_BYTES:
                raise BodyTooLong
            yield chunk

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._body.aclose()


async def bound(response: httpx.Response) -> None:
    """Bound the body of a response that is about to be read."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise BodyTooLong
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = BoundedStream(response.stream)

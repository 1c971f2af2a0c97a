"""Keeps the body of a response within bounds, since the SDK reads it whole. Imported by `anthropic` with its SDK."""

from collections.abc import AsyncIterator

import httpx2

MOST_BYTES = 1024 * 1024
"""Ten times the longest answer that we ask for."""


class BodyTooLong(Exception):
    """The body of a response is longer than any answer, or packed so that it may be."""


class BoundedBody(httpx2.AsyncByteStream):
    """A body that ends with BodyTooLong."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
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


async def bound(response: httpx2.Response) -> None:
    """Bound the body of a response that is about to be read."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise BodyTooLong
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = BoundedBody(response.stream)

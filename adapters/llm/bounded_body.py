"""Keeps the body of a response within bounds, since the SDK reads it whole. Imported by `anthropic` with its SDK."""

from collections.abc import AsyncIterator

import httpx2

from adapters.llm.bounds import bounded, refuse_packed

MOST_BYTES = 1024 * 1024
"""Ten times the longest answer that we ask for."""


class BoundedBody(httpx2.AsyncByteStream):
    """A body that ends with BodyTooLong."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return bounded(self._body, MOST_BYTES)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._body.aclose()


async def bound(response: httpx2.Response) -> None:
    """Bound the body of a response that is about to be read."""
    refuse_packed(response.headers)
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = BoundedBody(response.stream)

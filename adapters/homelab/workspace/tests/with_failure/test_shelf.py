"""Two tests that pass and one that fails, to see what that looks like."""

SHELF = ["router", "switch", "disk"]


def test_the_router_is_on_top() -> None:
    """The first thing on the shelf."""
    assert SHELF[0] == "router"


def test_nothing_is_there_twice() -> None:
    """Each thing has its place."""
    assert len(set(SHELF)) == len(SHELF)


def test_there_is_a_spare_disk() -> None:
    """This one fails: there is one disk only."""
    assert SHELF.count("disk") == 2

"""Sites that something is wrong with: what they answer instead of pages.

Belongs here: one answer for each trouble of `manners.TROUBLES` that lets a request be heard.
Does not: troubles before that (`network`).
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import repeat

from isal import igzip
from starlette.types import Receive, Send

from sandbox.sites.html import notice
from sandbox.sites.manners import Manners
from sandbox.sites.private import TARGETS
from sandbox.sites.prose import FILLER
from sandbox.sites.replies import Answer, html, redirect, send_endlessly

_LOREM = f"<p>{' '.join(FILLER['en'])}</p>\n".encode() * 60
"""55 KB."""

_HUGE = 7_300
"""Times that: some 400 MB."""

_HTML = {"Content-Type": "text/html; charset=utf-8"}


def answer(manners: Manners, path: str, port: int) -> Answer:
    """Return what a site in trouble answers, if it answers at all.

    Args:
        manners: Of the site.
        path: What was asked for.
        port: On which the sandbox itself listens, for redirects to this machine.
    """
    if path in ("/robots.txt", "/sitemap.xml") and manners.trouble != "broken":
        return html(notice("404", "There is no such page."), 404)
    return _ANSWERS[str(manners.trouble)](manners, path, port)


def never_ends(trouble: str | None) -> bool:
    """Tell whether a site's pages never end, or not in reasonable time."""
    return trouble in _STREAMS


async def stream(trouble: str, send: Send, receive: Receive) -> None:
    """Send a page that never ends."""
    headers, pieces, pause = _STREAMS[trouble]
    await send_endlessly(send, receive, {**_HTML, **headers}, pieces(), pause)


def _broken(manners: Manners, _path: str, _port: int) -> Answer:
    status = manners.chance("broken").choice((500, 502, 503, 503))
    return html(notice(str(status), "Something went wrong. Please try again later."), status)


def _empty(manners: Manners, _path: str, _port: int) -> Answer:
    return html(manners.chance("empty").choice(("", "<html><head></head><body></body></html>")))


def _parked(manners: Manners, _path: str, _port: int) -> Answer:
    return html(notice(f"{manners.host} is for sale", "Buy this domain. Related links: insurance, credit, hosting."))


def _login(_manners: Manners, path: str, _port: int) -> Answer:
    if not path.startswith("/login"):
        return redirect(f"/login?next={path}", 302)
    return html(notice("Sign in", '<form><input name="user"><input name="password" type="password"></form>'))


def _loop(_manners: Manners, path: str, _port: int) -> Answer:
    return redirect({"/": "/start", "/start": "/welcome"}.get(path, "/"), 302)


def _private(manners: Manners, path: str, port: int) -> Answer:
    chance = manners.chance("private")
    target = chance.choice(TARGETS).format(port=port)
    if chance.random() < 0.3 and path == "/":
        return html(notice("Moved", "One moment.", f'<meta http-equiv="refresh" content="0; url={target}">'))
    return redirect(target, 302)


_ANSWERS: Mapping[str, Callable[[Manners, str, int], Answer]] = {
    "broken": _broken,
    "empty": _empty,
    "parked": _parked,
    "login": _login,
    "loop": _loop,
    "private": _private,
}


def _trickle() -> Iterator[bytes]:
    for place in range(0, len(_LOREM), 16):
        yield _LOREM[place : place + 16]


@cache
def _bomb_member() -> bytes:
    """Return 16 MB of blanks, compressed a thousandfold."""
    return igzip.compress(b" " * (1 << 24), 3)


def _bomb() -> Iterator[bytes]:
    return repeat(_bomb_member(), 640)


_STREAMS: Mapping[str, tuple[Mapping[str, str], Callable[[], Iterator[bytes]], float]] = {
    "slow": ({}, _trickle, 0.5),
    "endless": ({}, lambda: repeat(_LOREM), 0.0),
    "huge": ({"Content-Length": str(_HUGE * len(_LOREM))}, lambda: repeat(_LOREM, _HUGE), 0.0),
    "gzip_bomb": ({"Content-Encoding": "gzip"}, _bomb, 0.0),
}
"""Headers, pieces, and seconds between them."""

"""A page as HTML: what it says, among all that is on pages besides.

Belongs here: navigation, footers, banners, scripts, hidden things, parts that differ at each fetch.
Does not: what a page says (`site`), how it is sent (`http`).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from random import Random

from sandbox.sites.prose import LABELS, TESTIMONIALS
from sandbox.sites.site import Page, Site

_FETCHES = count(1)

_STYLE = "".join(
    f".c{number}{{margin:{number}px auto;padding:{number % 7}px;color:#{number * 1_111:06x}}}" for number in range(40)
)
_SCRIPT = "".join(
    f"function t{number}(e){{window.dataLayer=window.dataLayer||[];dataLayer.push({{event:'click{number}',el:e.id}})}}"
    for number in range(20)
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs between two fetches of a page that has not changed."""

    number: int
    token: str
    clock: str

    @classmethod
    def of_now(cls) -> "Moment":
        """Return that of this fetch."""
        number = next(_FETCHES)
        return cls(
            number, f"{time.time_ns() ^ number * 0x9E3779B97F4A7C15:x}"[-16:], time.strftime("%Y-%m-%d %H:%M:%S")
        )


def render(site: Site, page: Page) -> str:
    """Return the HTML of a page, as of now."""
    moment = Moment.of_now() if site.manners.volatile else None
    words = LABELS[site.manners.language]
    title = escape(f"{page.title} | {site.company.name}")
    hidden = _hidden(page.injection, site.manners.chance("hidden")) if page.injection else {}
    return "\n".join(
        [
            f'<!doctype html><html lang="{site.manners.language}"><head>',
            '<meta charset="iso-8859-1">' if site.manners.charset == "latin-1" else "",
            f"<title>{hidden.get('title', '')}{title}</title>",
            f'<meta name="csrf-token" content="{moment.token}">' if moment else "",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style><script>{_SCRIPT}</script></head><body>",
            hidden.get("comment", ""),
            _banner(words["cookies"]),
            f'<header class="c1"><a href="/"><img src="/logo.svg" alt="{hidden.get("alt", title)}"></a>',
            f"<nav><ul>{''.join(_links(site, moment))}</ul></nav></header>",
            f'<main class="c2"><article><h1>{escape(page.title)}</h1>',
            f'<p class="meta"><time datetime="{page.day}">{page.day}</time></p>' if page.day else "",
            *_body(page, site.manners.chance(f"form {page.path}")),
            hidden.get("text", ""),
            *(_entry(site, article, teaser) for article, teaser in page.entries),
            "</article></main>",
            hidden.get("element", ""),
            *_volatile(words, moment),
            f'<footer class="c3"><p>&copy; 2019-2026 {escape(site.company.name)}. {words["rights"]}.</p>',
            '<a href="mailto:hello@mail.example">E-mail</a> <a href="tel:+15550100">+1 555 0100</a>',
            '<a href="https://social.example/share">Share</a> <a href="javascript:void(0)">Top</a></footer>',
            "</body></html>",
        ]
    )


def notice(title: str, text: str, head: str = "") -> str:
    """Return the HTML of a page that belongs to no company, such as an error."""
    head = f"<head><title>{title}</title>{head}</head>"
    return f"<!doctype html><html>{head}<body><h1>{title}</h1><p>{text}</p></body></html>"


def _banner(text: str) -> str:
    return (
        f'<div id="cookie-banner" class="cookie-consent c9" role="dialog"><p>{escape(text)}</p>'
        '<button onclick="t1(this)">OK</button></div>'
    )


def _links(site: Site, moment: Moment | None) -> Iterator[str]:
    session = f"?sid={moment.token}" if moment and site.manners.sessions else ""
    start = f"https://{site.manners.canonical}" if site.manners.chance("links").random() < 0.4 else ""
    words = LABELS[site.manners.language]
    for kind, path in site.manners.paths.items():
        yield f'<li><a class="c{len(kind)}" href="{start}{path}{session}">{words[kind]}</a></li>'


def _body(page: Page, chance: Random) -> Iterator[str]:
    as_list = page.kind == "careers" and chance.random() < 0.5
    for paragraph in page.paragraphs:
        text = escape(paragraph, quote=False)
        yield f"<ul><li>{text}</li></ul>" if as_list else f"<p>{text}</p>"


def _entry(site: Site, article: Page, teaser: str) -> str:
    more = LABELS[site.manners.language]["more"]
    return (
        f'<section class="c5"><h2><a href="{article.path}">{escape(article.title)}</a></h2>'
        f'<p><time datetime="{article.day}">{article.day}</time></p><p>{escape(teaser, quote=False)}</p>'
        f'<a href="{article.path}">{more}</a></section>'
    )


def _volatile(words: Mapping[str, str], moment: Moment | None) -> Sequence[str]:
    if moment is None:
        return ()
    return (
        f"<aside><h3>{words['quote']}</h3><blockquote>{TESTIMONIALS[moment.number % 4]}</blockquote>",
        f"<p>{words['updated'].format(moment.number % 50 + 1)}</p>",
        f"<p>{words['visitors'].format(90_000 + moment.number)}</p>",
        f"<p>{words['now'].format(moment.clock)}</p>",
        f'<form><input type="hidden" name="csrf" value="{moment.token}"></form></aside>',
    )


def _hidden(injection: str, chance: Random) -> dict[str, str]:
    """Return an injection in one of the places where it may be."""
    text = escape(injection)
    places = {
        "text": f"<p>{text}</p>",
        "comment": f"<!-- {injection} -->",
        "element": f'<div style="display:none" aria-hidden="true"><p>{text}</p></div>',
        "alt": text,
        "title": f"{text} - ",
    }
    place = chance.choices(sorted(places), (1, 1, 1, 3, 1))[0]
    return {place: places[place]}

"""Which links of a site are worth following: about, careers, news, blog, and the newest articles.

Belongs here: judging links by their address and words, in the languages of our customers' customers.
Does not: following them (`research.web.crawl`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

from nooks_dagster.research.documents import Kind
from nooks_dagster.research.reading.page import Link
from nooks_dagster.research.shared_hosts import JOB_BOARDS, on_shared_host
from nooks_dagster.research.web.urls import host_of, joined, lasting, of_site, path_of
from nooks_dagster.research.words import words

INDEXES = (Kind.ABOUT, Kind.CAREERS, Kind.NEWS, Kind.BLOG)
"""The pages of a site of which there is one each, beside its home."""

GUESSES: Mapping[Kind, Sequence[str]] = {
    Kind.ABOUT: ("/about", "/about-us"),
    Kind.CAREERS: ("/careers", "/jobs"),
    Kind.NEWS: ("/news", "/press"),
    Kind.BLOG: ("/blog",),
}

# As the last part of a path, or as the words of a link; spaces are written as hyphens.
_WORDS: Mapping[Kind, frozenset[str]] = {
    Kind.ABOUT: words(
        "about about-us aboutus about-the-company who-we-are our-story our-company company company-profile "
        "ueber-uns uber-uns über-uns wir-ueber-uns unternehmen das-unternehmen firma qui-sommes-nous a-propos "
        "à-propos propos a-propos-de-nous entreprise notre-entreprise quienes-somos quiénes-somos sobre-nosotros "
        "nosotros empresa la-empresa acerca-de chi-siamo azienda over-ons sobre sobre-nos sobre-nós quem-somos "
        "om-oss om-os o-nas 会社概要 会社情報 关于我们"
    ),
    Kind.CAREERS: words(
        "careers career jobs job-openings open-positions openings vacancies join-us work-with-us join-our-team "
        "we-are-hiring karriere stellen stellenangebote stellenanzeigen offene-stellen arbeiten-bei-uns carrieres "
        "carrières carriere carrière emploi emplois recrutement nous-rejoindre rejoignez-nous offres-d-emploi "
        "empleo empleos trabaja-con-nosotros unete únete carreras vacantes lavora-con-noi posizioni-aperte "
        "carriera werken-bij vacatures carreiras vagas trabalhe-conosco karriär jobb kariera praca 採用情報 招聘"
    ),
    Kind.NEWS: words(
        "news newsroom press press-room pressroom press-releases pressreleases media latest-news company-news "
        "in-the-news news-and-events announcements presse pressemitteilungen aktuelles neuigkeiten nachrichten "
        "medien actualites actualités actualite actualité communiques communiqués espace-presse noticias prensa "
        "sala-de-prensa novedades actualidad notizie stampa comunicati-stampa nieuws pers imprensa novidades "
        "nyheter aktuelt aktualnosci aktualności ニュース プレスリリース 新闻"
    ),
    Kind.BLOG: words("blog blogs our-blog articles insights stories magazin magazine journal ブログ 博客"),
}
_NO_PAGE = re.compile(r"\.(?:pdf|jpe?g|png|gif|svg|webp|zip|docx?|xlsx?|pptx?|mp[34]|ics|xml|rss|atom|json|css|js)$")
_NO_ARTICLE = words(
    "page tag tags category categories author authors archive archives feed rss search login kategorie "
    "categorie categoria seite pagina"
)
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|jsp)$")
_TONGUE = re.compile(r"[a-z]{2}(?:-[a-z]{2})?")
_YEAR = re.compile(r"/20\d\d(?:/|-|$)")
_GAPS = re.compile(r"[\s_'\u2019]+")
_FEWEST_WORDS = 3  # of the title of an article; "Read more" has two


def best_links(links: Iterable[Link], base: str, site: str) -> dict[Kind, str]:
    """Return where each of the indexes lies, as far as links tell: the best match, of equal ones the shortest path."""
    best: dict[Kind, tuple[int, int, str]] = {}
    for link in links:
        url = _target(base, link)
        kinds = _kinds_at(url, site) if url else ()
        if url is None or not kinds or _NO_PAGE.search(path_of(url).lower()):
            continue
        parts, words_of = _parts(url), _hyphens(link.words)
        score, kind = max(((_score(kind, parts, words_of), kind) for kind in kinds), key=lambda one: one[0])
        if score:
            found = (score, -len(parts), url)
            best[kind] = max(best.get(kind, found), found, key=lambda one: one[:2])
    return {kind: url for kind, (_, _, url) in best.items()}


def _kinds_at(url: str, site: str) -> Sequence[Kind]:
    """Return what a page may be: on the site anything; where others manage its jobs, these."""
    if of_site(url, site):
        return INDEXES
    return (Kind.CAREERS,) if on_shared_host(host_of(url), JOB_BOARDS) else ()


def newest_articles(links: Sequence[Link], index: str, base: str, site: str, most: int) -> list[str]:
    """Return the newest articles that an index lists: by their dates if all have one, else as they stand."""
    found: dict[str, Link] = {}
    for link in links:
        url = _target(base, link)
        if url and url not in found and url != index and of_site(url, site) and _is_article(url, link, index):
            found[url] = link
    urls = list(found)
    if all(link.dated for link in found.values()):
        urls.sort(key=lambda url: found[url].dated, reverse=True)
    return urls[:most]


def _target(base: str, link: Link) -> str | None:
    url = joined(base, link.href)
    return lasting(url) if url else None


def _is_article(url: str, link: Link, index: str) -> bool:
    path, parts = path_of(url).lower(), _parts(url)
    if not parts or _NO_PAGE.search(path) or not _NO_ARTICLE.isdisjoint(parts):
        return False
    below = path.startswith(f"{_EXTENSION.sub('', path_of(index).lower()).rstrip('/')}/") and path_of(index) != "/"
    titled = bool(link.dated) or "-" in parts[-1] or len(link.words.split()) >= _FEWEST_WORDS
    return titled and (below or bool(_YEAR.search(path)) or bool(link.dated))


def _score(kind: Kind, parts: Sequence[str], text: str) -> int:
    """Return how well a link matches: by its words, by the end of its path, by a part of it; 0 is not at all."""
    known = _WORDS[kind]
    by_words = 2 if text in known else 0
    if parts and parts[-1] in known:
        return by_words + 3
    return by_words + 1 if by_words or (len(parts) == 2 and parts[0] in known) else 0


def _parts(url: str) -> list[str]:
    """Return the parts of a path in lower case, without the language that it begins with and the extension."""
    parts = [part for part in _EXTENSION.sub("", unquote(path_of(url)).lower()).split("/") if part]
    return parts[1:] if len(parts) > 1 and _TONGUE.fullmatch(parts[0]) else parts


def _hyphens(text: str) -> str:
    return _GAPS.sub("-", text.strip().lower())

"""Hosts of many companies, so of none: what a sales rep writes into the field for the web site, too.

Belongs here: the two lists. Does not: reading the field (`research.sites`).
"""

from nooks_dagster.research.words import words

PROFILES = words(
    "about.me angel.co bit.ly crunchbase.com docs.google.com drive.google.com facebook.com fb.com g.page "
    "github.com goo.gl google.com indeed.com instagram.com kununu.com linkedin.com linktr.ee maps.google.com "
    "medium.com pinterest.com sites.google.com t.co tiktok.com tinyurl.com twitter.com vimeo.com wellfound.com "
    "wikipedia.org x.com xing.com yelp.com youtu.be youtube.com zoominfo.com"
)
"""A path on one of these is the page of a company there; without a path it is the company itself."""

MAIL_PROVIDERS = words(
    "163.com 126.com aol.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com "
    "hotmail.com hotmail.co.uk hotmail.fr icloud.com laposte.net libero.it live.com mac.com mail.com mail.ru "
    "me.com msn.com orange.fr outlook.com proton.me protonmail.com qq.com t-online.de web.de yahoo.co.jp "
    "yahoo.co.uk yahoo.com yandex.ru ymail.com zoho.com"
)
"""The part after the @ of an address there says nothing about a company."""


def on_shared_host(host: str, hosts: frozenset[str]) -> bool:
    """Say whether a host is one of them or below one (`de.linkedin.com`)."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in hosts for start in range(len(labels) - 1))

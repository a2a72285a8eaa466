"""Hosts of many companies, so of none: what a sales rep writes into the field for the web site, too.

Belongs here: the lists. Does not: reading the field (`research.sites`).
"""

from nooks_dagster.research.words import words

PROFILES = words(
    "about.me amazon.com angel.co apps.apple.com bit.ly crunchbase.com docs.google.com drive.google.com ebay.com "
    "etsy.com facebook.com fb.com fb.me g.page github.com goo.gl google.com indeed.com instagram.com kununu.com "
    "linkedin.com linktr.ee maps.google.com medium.com notion.site notion.so pinterest.com play.google.com "
    "sites.google.com t.co t.me tiktok.com tinyurl.com twitter.com vimeo.com wa.me wellfound.com wikipedia.org "
    "x.com xing.com yelp.com youtu.be youtube.com zoominfo.com"
)
"""A path on one of these is the page of a company there; without a path it is the company itself."""

SELLERS = words(
    "above.com afternic.com atom.com bodis.com brandbucket.com buydomains.com dan.com domainmarket.com dynadot.com "
    "epik.com hugedomains.com namebright.com parkingcrew.net sav.com sedo.com sedoparking.com squadhelp.com "
    "undeveloped.com uniregistry.com"
)
"""Where the name of a company leads that has let it go."""

JOB_BOARDS = words(
    "applytojob.com ashbyhq.com bamboohr.com breezy.hr careers-page.com freshteam.com greenhouse.io icims.com "
    "jobvite.com join.com lever.co myworkdayjobs.com personio.com personio.de pinpointhq.com recruitee.com "
    "smartrecruiters.com softgarden.io teamtailor.com workable.com"
)
"""Where the jobs of a company stand that has them managed there: each has a page or a name of its own."""

MAILBOXES = words(
    "163.com 126.com gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com hotmail.com hotmail.co.uk hotmail.fr "
    "icloud.com live.com mac.com me.com msn.com outlook.com protonmail.com qq.com ymail.com"
)
"""Names of mail alone: what a CRM makes of an address, and no account's site."""

MAIL_PROVIDERS = MAILBOXES | words(
    "aol.com fastmail.com free.fr laposte.net libero.it mail.com mail.ru orange.fr proton.me t-online.de web.de "
    "yahoo.co.jp yahoo.co.uk yahoo.com yandex.ru zoho.com"
)
"""The part after the @ of an address there says nothing about a company."""


def on_shared_host(host: str, hosts: frozenset[str]) -> bool:
    """Say whether a host is one of them or below one (`de.linkedin.com`)."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in hosts for start in range(len(labels) - 1))

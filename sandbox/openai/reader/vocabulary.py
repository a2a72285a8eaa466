"""Which words ask for which kind of fact, and by which names its fields may be asked for.

Belongs here: word lists. Does not: matching a question (`question`) or a schema (`matching`).
"""

import re
from collections.abc import Mapping

WORDS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(words, re.IGNORECASE)
    for kind, words in {
        "technology": r"\btech[ _-]?stack|\btechnolog|\bsoftware\b|\btools?\b.{0,30}\buse",
        "hire": r"\bhires?\b|\bhired\b|\bleadership\b|\bexecutives?\b|\bnew leaders?\b|\bappoint|\bjoined\b",
        "investor": r"\binvestors?\b|\binvested\b|\bbackers?\b|\bshareholders?\b",
        "opening": r"\bhiring\b|\bopen (roles|positions|jobs)\b|\bopenings?\b|\bvacanc|\brecruit|\bjob (posts?|ads)",
        "funding": r"\bfunding\b|\bfinancing\b|\braised\b|\bfundrais",
        "news": r"\bnews\b|\bpress releases?\b|\bannouncements?\b|\bheadlines?\b|\bevents?\b",
        "office": r"\boffices?\b|\bheadquarters?\b|\blocations?\b",
        "partner": r"\bpartners?\b|\bpartnerships?\b",
        "certification": r"\bcertif|\bcomplian",
        "customer": r"\bcustomers?\b|\bclients?\b|\breference accounts?\b",
    }.items()
}
"""A question asks for a kind of fact if it has one of these words."""

PRIMARY: Mapping[str, str] = {
    "technology": "product",
    "hire": "person",
    "investor": "investor",
    "opening": "department",
    "funding": "round",
    "news": "summary",
    "office": "city",
    "partner": "partner",
    "certification": "certification",
    "customer": "customer",
}
"""The field that a fact is known by."""

DAYS = ("start_date", "announced_on", "published_on")
"""Fields that tell when it happened."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "product": ("tool", "technology", "software", "product_name", "technologies", "tools", "products"),
    "vendor": ("provider", "supplier", "maker", "manufacturer"),
    "category": ("purpose", "used_for", "use_case", "area"),
    "person": ("full_name", "executive", "leader", "hire", "people", "executives"),
    "title": ("position", "job_title", "role"),
    "seniority": ("level", "rank"),
    "start_date": ("started_on", "starts_on", "joined_on", "start"),
    "previous_company": ("former_company", "previous_employer", "came_from", "from_company"),
    "investor": ("backer", "shareholder", "fund", "firm", "investors", "backers"),
    "round": ("series", "stage"),
    "department": ("team", "function", "departments"),
    "open_roles": ("open_positions", "openings", "number_of_roles", "count", "vacancies"),
    "roles": ("positions", "job_titles", "titles"),
    "amount": ("sum", "raised", "value"),
    "currency": ("currency_code",),
    "announced_on": ("announced", "closed_on", "date"),
    "lead_investor": ("lead", "led_by"),
    "type": ("event_type", "kind"),
    "summary": ("headline", "what_happened", "event"),
    "published_on": ("published", "date"),
    "city": ("location", "place", "cities"),
    "country": ("nation",),
    "partner": ("company", "partner_name", "partners"),
    "certification": ("certificate", "standard", "certifications"),
    "customer": ("client", "company", "customer_name", "customers", "clients"),
}
"""Other names of fields; `name` asks for the one that a fact is known by."""

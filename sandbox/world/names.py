"""Who lives in the world: people, companies, places, telephones. None of them exists.

Belongs here: pools and the ways to combine them. Domains end in `.example`, telephone numbers contain 555.
Does not: which field shows them.
"""

import re
from unicodedata import normalize


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, as a compact way to write a long list."""
    return tuple(text.split())


FIRST_NAMES = (
    *words("Ana Ben Carla David Elena Farid Grace Hiro Ines Jamal Kofi Lucia Mateo Nadia Oscar Priya Quentin"),
    *words("Rosa Samir Tara Uma Viktor Wanjiru Ximena Yusuf Zoe Aaron Bianca Chidi Daphne Emil Fatima Goran"),
    *words("Hannah Ivan Jolene Katya Liam Maribel Noah Olga Pavel Rania Stefan Tomoko Ulrich Vera William"),
    *words("Yara Zane José Zoë François Søren Łukasz Nguyễn Åsa Ørjan Jean-Luc Mary-Ann DeShawn Null 李 👻 True"),
    *("Anna Maria", 'Robert "Bob"', "J.", " Eve", "Max "),
)
LAST_NAMES = (
    *words("Abbott Baker Castillo Dietrich Eriksen Fischer Garcia Haddad Ivanova Jensen Kowalski Larsen Mbeki"),
    *words("Novak Okafor Petrov Quinn Rossi Schmidt Tanaka Ueda Vargas Weber Xu Yamamoto Zhang Adeyemi Bianchi"),
    *words("Carvalho Dubois Eze Ferrari Gupta Horvat Iqbal Johansson Khan Lopez Moreau Nakamura Olsen Patel"),
    *words("Ramirez Silva Taylor Usman Virtanen Walker Yilmaz Zimmerman Müller Núñez Brontë Strauß Smith-Jones"),
    *words("O'Brien D'Angelo O\u2019Neil Null None NA Test 王 Ng Li O"),
    *("van der Berg", "de la Cruz", "St. John", "Smith, Jr.", "al-Rashid", 'King "K"', "Smith "),
)

COMPANY_STARTS = (
    *words("Acu Bright Cloud Delta Ever Forge Green Helio Iron Juniper Kite Lumen Metro North Open Prime Quant"),
    *words("River Silver Terra Ultra Vertex Wind Xeno Yellow Zenith Blue Copper Data Echo Fjord Giga"),
)
COMPANY_ENDS = (
    *words("base bridge core craft dyne field flow form gate grid hive house lab land line link mark mill mind"),
    *words("path point port rise scale shift sight soft space stone stream ware works"),
)
COMPANY_FORMS = (
    "", " Inc", " Inc.", ", Inc.", " LLC", " Ltd", " GmbH", " AG", " S.A.", " & Co. KG", " Group", " Holdings",
    " (EMEA)", " Corp", " Co., Ltd.", " \u2013 Do Not Use",
)  # fmt: skip

PLACES = (
    ("Market St", "San Francisco", "CA", "94105", "United States"),
    ("W 34th St", "New York", "NY", "10001", "USA"),
    ("Beacon St", "Boston", "Massachusetts", "02108", "United States"),
    ("Congress Ave", "Austin", "TX", "78701-1234", "US"),
    ("King St W", "Toronto", "ON", "M5H 1J9", "Canada"),
    ("Rue de Rivoli", "Paris", None, "75001", "France"),
    ("Königsallee", "Düsseldorf", "NRW", "40212", "Germany"),
    ("Bahnhofstrasse", "Zürich", None, "8001", "Switzerland"),
    ("Old St", "London", "", "EC1V 9HL", "United Kingdom"),
    ("O'Connell St", "Dublin", None, "D01 F5P2", "Ireland"),
    ("Av. Paulista", "São Paulo", "SP", "01310-100", "Brazil"),
    ("千代田", "東京", None, "100-0001", "Japan"),
    ("MG Road", "Bengaluru", "Karnataka", "560001", "India"),
    ("George St", "Sydney", "NSW", "2000", "Australia"),
    ("Moi Avenue", "Nairobi", None, "00100", "Kenya"),
    ("Storgatan", "Malmö", None, "211 20", "Sweden"),
)
"""Street, city, state, postal code and country, spelled as inconsistently as people do."""

_SECOND_LINE = "\nSuite 400"

_PHONE_FORMS = (
    "(%03d) 555-", "+1 %03d-555-", "%03d.555.", "%03d555", "1-%03d-555-", "+44 20 %03d 555 ", "+49 (0)%03d 555",
    "(%03d)555-", "%03d 555 ", "+1%03d555", "tel:+1-%03d-555-", "00%03d 555 ",
)  # fmt: skip
_EXTENSIONS = {3: " x12", 6: " ext. 7"}
PHONE_STARTS = tuple(form % area for area in range(201, 1_000, 7) for form in _PHONE_FORMS)
PHONE_ENDS = tuple(f"{line:04}{_EXTENSIONS.get(line % 8, '')}" for line in range(10_000))
"""A telephone number is a start (format and area) and an end (line and extension)."""

TITLES = (
    "CEO", "CFO", "VP Sales", "VP of Sales", "Director, Operations", "Head of People & Culture", "Account Executive",
    "Software Engineer", "IT Manager", "Procurement", "Owner / Founder", "Sr. Analyst", "Chief \"Everything\" Officer",
    "Assistant to the CEO", "RevOps", "Consultant",
)  # fmt: skip

DEPARTMENTS = (
    "Sales", "Finance", "R&D", "Human Resources", "IT", "Legal, Compliance", "Marketing", "Operations", "Support",
    "Vertrieb", "EMEA / Inside Sales",
)  # fmt: skip


def slug(name: str) -> str:
    """Return the letters and digits of a name that fit into an e-mail address or a domain."""
    ascii_text = normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", ascii_text.lower()) or "x"


_FIRST_SLUGS = tuple(slug(name) for name in FIRST_NAMES)
_LAST_SLUGS = tuple(slug(name) for name in LAST_NAMES)

FULL_NAMES = tuple(f"{first} {last}" for last in LAST_NAMES for first in FIRST_NAMES)
SLUGS = tuple(f"{first}.{last}" for last in _LAST_SLUGS for first in _FIRST_SLUGS)
"""Everyone, and the part of an e-mail address that goes with everyone, in the same order: first names turn fastest."""

_COMPANIES = tuple(start + end for end in COMPANY_ENDS for start in COMPANY_STARTS)

COMPANY_NAMES = tuple(company + form for form in COMPANY_FORMS for company in _COMPANIES)
COMPANY_SLUGS = tuple(company.lower() for company in _COMPANIES)
"""Both turn through the same companies fastest, so that one number gives a name and its site."""

TRADES = (
    *words("ag air analytics apps audio auto bank bio books care chem cloud data design digital drones energy europe"),
    *words("farm film finance fleet food fund games global gold health home hq ice jobs kids labs law logistics media"),
    *words("metal mobile music online paper pharma power print retail robotics sea shop solar space sport steel tea"),
    *words("tech toys travel water wine zürich münchen málaga"),
)
"""Of several companies of one name each has a site with a word of its own, and then a number; some words are beyond
ASCII."""

SITE_FORMS = (
    *[("https://www.", ".example")] * 5, *[("http://", ".example/")] * 3, *[("www.", ".example")] * 2, ("", ".example"),
    ("HTTPS://", ".EXAMPLE"), ("  ", ".example "), ("https://", ".example/en/home?utm_source=crm"), ("", ".Example."),
    ("http://www.", ".example:80/index.html#top"),
)  # fmt: skip
"""What people write before and behind the name of a site."""

NO_SITES = (
    "n/a", "N/A", "TBD", "-", "http://", "see LinkedIn", "localhost", "http://localhost:8080/admin", "10.0.0.1",
    "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "metadata.google.internal", "printer.local",
    "https://[::ffff:10.0.0.1]/", "http://0x7f000001/", "http://2130706433/", "info@acubase.example", "intranet",
    "https://www.linkedin.com/company/acubase", "https://admin:secret@kitehive.example:8443/",
)  # fmt: skip
"""What people write where there is no site, and what nobody should call."""

STREETS = tuple(
    f"{number} {place[0]}{'' if number % 16 else _SECOND_LINE}" for number in range(1, 257) for place in PLACES
)
"""Places turn fastest, so that one number gives a street and its city."""

"""The names that facts are made of: what a well-read person knows without being told.

Belongs here: closed lists, and what follows from a name alone (a product's vendor, a title's seniority).
Does not: people and companies (`sandbox.world.names`), sentences.
"""

from collections.abc import Mapping

from sandbox.world.names import COMPANY_ENDS, COMPANY_STARTS, words

LANGUAGES = ("en", "de", "fr", "es")

CATEGORIES: Mapping[str, tuple[str, str, str]] = {
    "data warehousing": ("Data Warehousing", "l'entrepôt de données", "el almacén de datos"),
    "customer relationship management": ("Kundenmanagement", "la relation client", "la gestión de clientes"),
    "observability": ("Observability", "l'observabilité", "la observabilidad"),
    "payments": ("Zahlungen", "les paiements", "los pagos"),
    "marketing automation": ("Marketing-Automatisierung", "l'automatisation du marketing", "el marketing automatizado"),
    "customer support": ("Kundenservice", "le service client", "la atención al cliente"),
    "identity management": ("Identitätsmanagement", "la gestion des identités", "la gestión de identidades"),
    "container orchestration": ("Container-Orchestrierung", "l'orchestration de conteneurs", "los contenedores"),
    "business intelligence": ("Business Intelligence", "l'informatique décisionnelle", "la inteligencia de negocio"),
    "data integration": ("Datenintegration", "l'intégration de données", "la integración de datos"),
    "source control": ("Versionsverwaltung", "la gestion de versions", "el control de versiones"),
    "cloud hosting": ("Cloud-Hosting", "l'hébergement cloud", "el alojamiento en la nube"),
}
"""What a product is for, and how German, French and Spanish say it."""

PRODUCTS: Mapping[str, tuple[str, str]] = {
    "Snowflake": ("Snowflake", "data warehousing"),
    "BigQuery": ("Google", "data warehousing"),
    "Redshift": ("Amazon", "data warehousing"),
    "Databricks": ("Databricks", "data warehousing"),
    "Sales Cloud": ("Salesforce", "customer relationship management"),
    "Dynamics 365": ("Microsoft", "customer relationship management"),
    "Pipedrive": ("Pipedrive", "customer relationship management"),
    "Datadog": ("Datadog", "observability"),
    "Grafana": ("Grafana Labs", "observability"),
    "New Relic": ("New Relic", "observability"),
    "Splunk": ("Cisco", "observability"),
    "Stripe": ("Stripe", "payments"),
    "Adyen": ("Adyen", "payments"),
    "Braintree": ("PayPal", "payments"),
    "Marketo": ("Adobe", "marketing automation"),
    "Pardot": ("Salesforce", "marketing automation"),
    "Klaviyo": ("Klaviyo", "marketing automation"),
    "Zendesk": ("Zendesk", "customer support"),
    "Intercom": ("Intercom", "customer support"),
    "Freshdesk": ("Freshworks", "customer support"),
    "Okta": ("Okta", "identity management"),
    "Entra ID": ("Microsoft", "identity management"),
    "Auth0": ("Okta", "identity management"),
    "Kubernetes": ("Cloud Native Computing Foundation", "container orchestration"),
    "OpenShift": ("Red Hat", "container orchestration"),
    "Nomad": ("HashiCorp", "container orchestration"),
    "Tableau": ("Salesforce", "business intelligence"),
    "Looker": ("Google", "business intelligence"),
    "Power BI": ("Microsoft", "business intelligence"),
    "Metabase": ("Metabase", "business intelligence"),
    "Fivetran": ("Fivetran", "data integration"),
    "Airbyte": ("Airbyte", "data integration"),
    "Informatica": ("Informatica", "data integration"),
    "GitLab": ("GitLab", "source control"),
    "Bitbucket": ("Atlassian", "source control"),
    "AWS": ("Amazon", "cloud hosting"),
    "Azure": ("Microsoft", "cloud hosting"),
    "Hetzner": ("Hetzner", "cloud hosting"),
    "OVHcloud": ("OVHcloud", "cloud hosting"),
}
"""A product's vendor and category."""

TITLES: Mapping[str, str] = {
    "Chief Executive Officer": "c_level",
    "Chief Financial Officer": "c_level",
    "Chief Technology Officer": "c_level",
    "Chief Revenue Officer": "c_level",
    "Chief People Officer": "c_level",
    "Chief Marketing Officer": "c_level",
    "VP of Sales": "vp",
    "VP of Engineering": "vp",
    "VP of Customer Success": "vp",
    "VP of Product": "vp",
    "Head of Data": "head",
    "Head of Procurement": "head",
    "Head of Security": "head",
    "Director of Operations": "director",
    "Director of Partnerships": "director",
}
"""A title's seniority."""

INVESTORS = tuple(
    f"{first} {last}"
    for last in ("Capital", "Ventures", "Partners", "Growth")
    for first in words(
        "Alder Basalt Cinder Dovetail Ember Foxglove Granite Harbor Ivory Juno Keystone Lantern Meridian"
    )
)
ROUNDS = ("pre-seed", "seed", "Series A", "Series B", "Series C", "Series D")
CURRENCIES = ("USD", "EUR", "GBP")

DEPARTMENTS: Mapping[str, tuple[str, str, str]] = {
    "Engineering": ("Entwicklung", "Ingénierie", "Ingeniería"),
    "Sales": ("Vertrieb", "Ventes", "Ventas"),
    "Marketing": ("Marketing", "Marketing", "Marketing"),
    "Customer Success": ("Kundenerfolg", "Succès client", "Éxito del cliente"),
    "Finance": ("Finanzen", "Finance", "Finanzas"),
    "Operations": ("Betrieb", "Opérations", "Operaciones"),
    "Data": ("Daten", "Données", "Datos"),
    "Legal": ("Recht", "Juridique", "Legal"),
}
ROLES: Mapping[str, tuple[str, ...]] = {
    "Engineering": ("Backend Engineer", "Platform Engineer", "Frontend Engineer", "Engineering Manager"),
    "Sales": ("Account Executive", "Sales Development Representative", "Sales Engineer"),
    "Marketing": ("Content Strategist", "Growth Marketer", "Event Manager"),
    "Customer Success": ("Onboarding Specialist", "Customer Success Manager"),
    "Finance": ("Financial Analyst", "Controller", "Accountant"),
    "Operations": ("Supply Planner", "Logistics Coordinator", "Plant Manager"),
    "Data": ("Data Engineer", "Analytics Engineer", "Data Scientist"),
    "Legal": ("Contract Counsel", "Privacy Counsel"),
}

SUMMARIES: Mapping[str, str] = {
    "product_launch": "Launched {topic}",
    "acquisition": "Acquired {topic}",
    "expansion": "Expanded to {topic}",
    "award": "Won the {topic}",
}
"""What happened, by type of news, in the canonical words of its summary."""

CITIES: Mapping[str, str] = {
    "Boston": "United States", "Austin": "United States", "Denver": "United States", "Toronto": "Canada",
    "Paris": "France", "Lyon": "France", "Hamburg": "Germany", "Leipzig": "Germany", "Madrid": "Spain",
    "Valencia": "Spain", "Dublin": "Ireland", "Leeds": "United Kingdom", "Nairobi": "Kenya", "Bengaluru": "India",
    "Sydney": "Australia", "Osaka": "Japan",
}  # fmt: skip
AWARDS = ("Golden Anvil Award", "Clear Water Prize", "Nordic Design Medal", "Fair Employer Award", "Bright Idea Prize")
LAUNCHES = tuple(
    f"{first} {last}" for first in words("Atlas Beacon Compass Drift Ensemble") for last in words("Flow Desk One")
)
CERTIFICATIONS = ("ISO 27001", "ISO 9001", "SOC 2 Type II", "PCI DSS", "HIPAA", "TISAX", "ISO 14001")

COMPANIES = tuple(start + end for end in COMPANY_ENDS for start in COMPANY_STARTS)
GIVEN_NAMES = words("Ana Ben Carla David Elena Farid Grace Hiro Jamal Lucia Nadia Oscar Priya Rosa Samir Tara José Zoë")
FAMILY_NAMES = words("Abbott Castillo Dietrich Eriksen Haddad Jensen Kowalski Larsen Okafor Rossi Tanaka Weber Müller")
PEOPLE = tuple(f"{given} {family}" for family in FAMILY_NAMES for given in GIVEN_NAMES)

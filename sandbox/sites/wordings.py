"""The sentences in which sites state facts, in four languages.

Belongs here: templates. `{slot}` is a value, `[...]` is left out when the value in it is null, `{subject}` is another
company. `SLOTS` tells how a field is written; `{topic:city}` tells it itself.
Does not: writing and reading them (`sandbox.sites.sentences`).

A line is `language standing template`; standings are `us` (it holds), `past` (it is denied, or no longer holds) and
`other` (it is said of another company). No template may be part of another one of the same language.
"""

from collections.abc import Mapping

SLOTS: Mapping[str, str] = {
    "subject": "company",
    "previous_company": "company",
    "partner": "company",
    "customer": "company",
    "lead_investor": "investor",
    "start_date": "day",
    "announced_on": "day",
    "published_on": "day",
    "open_roles": "count",
}
"""The slots of fields that have other names than their slots (`sandbox.sites.slots`)."""

WORDINGS: Mapping[str, str] = {
    "technology": """
        en us We rely on {product} for {category}
        en us For {category}, our teams work with {product} every day
        en us Our choice for {category} is {product}
        en past We moved away from {product} for {category} and do not use it any more
        en past Unlike many of our peers, we have never used {product} for {category}
        en other {subject} relies on {product} for {category}
        en other Our customer {subject} works with {product} for {category}
        de us Für {category} setzen wir auf {product}
        de us Unser Werkzeug für {category} ist {product}
        de past Von {product} für {category} haben wir uns verabschiedet
        de other Unser Kunde {subject} arbeitet mit {product} für {category}
        fr us Nous utilisons {product} pour {category}
        fr us Notre outil pour {category} est {product}
        fr past Nous avons abandonné {product} pour {category}
        fr other Notre client {subject} travaille avec {product} pour {category}
        es us Usamos {product} para {category}
        es us Nuestra herramienta para {category} es {product}
        es past Hemos dejado de trabajar con {product} para {category}
        es other Nuestro cliente {subject} trabaja con {product} para {category}
    """,
    "hire": """
        en us {person} has joined us as {title}[ from {previous_company}][, starting on {start_date}]
        en us Please welcome {person}, our new {title}[, previously with {previous_company}][, since {start_date}]
        en us We have appointed {person} as {title}[ after years at {previous_company}][, effective {start_date}]
        en past {person}, for many years our {title}, has left the company
        en past We are still looking for a {title}, a role that {person} turned down
        en other {subject} has hired {person} as {title}
        de us {person} verstärkt uns als {title}[, zuvor bei {previous_company}][, seit dem {start_date}]
        de us Neu im Führungsteam ist {person} als {title}[, zuletzt bei {previous_company}][, ab dem {start_date}]
        de past {person}, lange Jahre unser {title}, hat das Unternehmen verlassen
        de other {subject} hat {person} als {title} gewonnen
        fr us {person} nous a rejoints comme {title}[, en provenance de {previous_company}][, depuis le {start_date}]
        fr us Nous accueillons {person} au poste de {title}[, auparavant chez {previous_company}][, dès le {start_date}]
        fr past {person}, longtemps notre {title}, a quitté l'entreprise
        fr other {subject} a recruté {person} comme {title}
        es us {person} se ha unido a nosotros como {title}[, procedente de {previous_company}][, desde el {start_date}]
        es us Damos la bienvenida a {person} como {title}[, antes en {previous_company}][, a partir del {start_date}]
        es past {person}, durante años nuestro {title}, ha dejado la empresa
        es other {subject} ha contratado a {person} como {title}
    """,
    "investor": """
        en us We are backed by {investor}[, who came in with our {round} round]
        en us {investor} is one of our shareholders[ since the {round} round]
        en us Among those who invested in us is {investor}[ ({round})]
        en past We turned down an offer from {investor}
        en past {investor} sold all its shares in us long ago
        en other {subject} is backed by {investor}
        de us Zu unseren Gesellschaftern gehört {investor}[, seit der Runde {round}]
        de us Hinter uns steht {investor} als Investor[ ({round})]
        de past Ein Angebot von {investor} haben wir abgelehnt
        de other Hinter {subject} steht {investor}
        fr us Nous sommes soutenus par {investor}[, depuis le tour {round}]
        fr us Parmi nos actionnaires figure {investor}[ ({round})]
        fr past Nous avons décliné une offre de {investor}
        fr other {subject} est soutenu par {investor}
        es us Contamos con el respaldo de {investor}[, desde la ronda {round}]
        es us Entre nuestros accionistas está {investor}[ ({round})]
        es past Rechazamos una oferta de {investor}
        es other {subject} cuenta con el respaldo de {investor}
    """,
    "opening": """
        en us {department}: we have {open_roles} open positions[ ({roles})]
        en us We are hiring in {department} and want to fill {open_roles} roles[, such as {roles}]
        en us {open_roles} jobs are open in {department}[: {roles}]
        en past We are not hiring in {department} this year
        en past All positions in {department} have been filled
        en other {subject} is hiring in {department}
        de us Im Bereich {department} besetzen wir {open_roles} Stellen[: {roles}]
        de us {open_roles} offene Stellen haben wir im Bereich {department}[ ({roles})]
        de past Im Bereich {department} stellen wir derzeit niemanden ein
        de other {subject} sucht Leute im Bereich {department}
        fr us Nous recrutons pour {open_roles} postes dans l'équipe {department}[ : {roles}]
        fr us L'équipe {department} propose {open_roles} postes ouverts[ ({roles})]
        fr past L'équipe {department} ne recrute pas cette année
        fr other {subject} recrute dans l'équipe {department}
        es us Buscamos personas para {open_roles} puestos en {department}[: {roles}]
        es us El equipo de {department} tiene {open_roles} vacantes[ ({roles})]
        es past El equipo de {department} no contrata este año
        es other {subject} contrata en {department}
    """,
    "funding": """
        en us We have raised {money} in our {round} round[, led by {lead_investor}][, announced on {announced_on}]
        en us Our {round} round of {money} has closed[, with {lead_investor} in the lead][, as of {announced_on}]
        en us [On {announced_on} ]we closed {money} of {round} funding[ led by {lead_investor}]
        en past Talks about a {round} round of {money} came to nothing
        en past We have no plans for a {round} round, whatever was written about {money}
        en other {subject} has raised {money} in a {round} round
        en other Our competitor {subject} announced {money} of {round} money
        de us Wir haben in der Runde {round} {money} eingeworben[, angeführt von {lead_investor}][, am {announced_on}]
        de us Unsere Runde {round} über {money} ist abgeschlossen[, Lead ist {lead_investor}][, Stand {announced_on}]
        de past Gespräche über eine Runde {round} von {money} blieben ohne Ergebnis
        de other {subject} hat in der Runde {round} {money} eingeworben
        fr us Nous avons levé {money} lors de notre tour {round}[, mené par {lead_investor}][, le {announced_on}]
        fr us Notre tour {round} de {money} est bouclé[, avec {lead_investor} en tête][, annoncé le {announced_on}]
        fr past Les discussions sur un tour {round} de {money} n'ont pas abouti
        fr other {subject} a levé {money} lors de son tour {round}
        es us Hemos captado {money} en nuestra ronda {round}[, liderada por {lead_investor}][, el {announced_on}]
        es us Nuestra ronda {round} de {money} se ha cerrado[, con {lead_investor} al frente][, a {announced_on}]
        es past Las conversaciones sobre una ronda {round} de {money} no prosperaron
        es other {subject} ha captado {money} en su ronda {round}
    """,
    "news.product_launch": """
        en us [On {published_on} ]we launched {topic:launch}
        en us [{published_on}: ]{topic:launch} is now available to all our customers
        en past The launch of {topic:launch} has been called off
        en other {subject} launched {topic:launch}
        de us [Am {published_on} ]haben wir {topic:launch} vorgestellt
        de past Die Einführung von {topic:launch} ist abgesagt
        de other {subject} hat {topic:launch} vorgestellt
        fr us [Le {published_on}, ]nous avons lancé {topic:launch}
        fr past Le lancement de {topic:launch} est annulé
        fr other {subject} a lancé {topic:launch}
        es us [El {published_on} ]lanzamos {topic:launch}
        es past El lanzamiento de {topic:launch} se ha cancelado
        es other {subject} lanzó {topic:launch}
    """,
    "news.acquisition": """
        en us [On {published_on} ]we acquired {topic:company}
        en us [{published_on}: ]{topic:company} is now part of our group
        en past The acquisition of {topic:company} was abandoned
        en other {subject} acquired {topic:company}
        de us [Am {published_on} ]haben wir {topic:company} übernommen
        de past Die Übernahme von {topic:company} kam nicht zustande
        de other {subject} hat {topic:company} übernommen
        fr us [Le {published_on}, ]nous avons acquis {topic:company}
        fr past Le rachat de {topic:company} a été abandonné
        fr other {subject} a acquis {topic:company}
        es us [El {published_on} ]adquirimos {topic:company}
        es past La compra de {topic:company} no se llevó a cabo
        es other {subject} adquirió {topic:company}
    """,
    "news.expansion": """
        en us [On {published_on} ]we expanded to {topic:city}
        en us [{published_on}: ]our expansion to {topic:city} is complete
        en past Our expansion to {topic:city} has been put off
        en other {subject} expanded to {topic:city}
        de us [Am {published_on} ]haben wir den Betrieb in {topic:city} aufgenommen
        de past Der Betrieb in {topic:city} wird nicht aufgenommen
        de other {subject} hat den Betrieb in {topic:city} aufgenommen
        fr us [Le {published_on}, ]nous nous sommes implantés à {topic:city}
        fr past Notre implantation à {topic:city} est reportée
        fr other {subject} s'est implanté à {topic:city}
        es us [El {published_on} ]iniciamos actividad en {topic:city}
        es past Se aplaza el inicio de actividad en {topic:city}
        es other {subject} inició actividad en {topic:city}
    """,
    "news.award": """
        en us [On {published_on} ]we won the {topic:award}
        en us [{published_on}: ]the {topic:award} goes to us
        en past We did not win the {topic:award}
        en other {subject} won the {topic:award}
        de us [Am {published_on} ]wurden wir mit dem {topic:award} ausgezeichnet
        de past Den {topic:award} haben wir nicht bekommen
        de other {subject} wurde mit dem {topic:award} ausgezeichnet
        fr us [Le {published_on}, ]nous avons reçu le {topic:award}
        fr past Le {topic:award} nous a échappé
        fr other {subject} a reçu le {topic:award}
        es us [El {published_on} ]ganamos el {topic:award}
        es past No ganamos el {topic:award}
        es other {subject} ganó el {topic:award}
    """,
    "office": """
        en us We have an office in {city}
        en us Our team in {city} looks forward to your visit
        en past We closed our office in {city}
        en other {subject} has an office in {city}
        de us Wir haben ein Büro in {city}
        de past Unser Büro in {city} haben wir geschlossen
        fr us Nous avons un bureau à {city}
        fr past Nous avons fermé notre bureau de {city}
        es us Tenemos una oficina en {city}
        es past Cerramos nuestra oficina en {city}
    """,
    "partner": """
        en us Our technology partner is {partner}
        en us Together with our partner {partner} we serve larger customers
        en past Our partnership with {partner} has ended
        en other {subject} is a partner of {partner}
        de us Unser Technologiepartner ist {partner}
        de past Die Partnerschaft mit {partner} ist beendet
        fr us Notre partenaire technologique est {partner}
        fr past Notre partenariat avec {partner} est terminé
        es us Nuestro socio tecnológico es {partner}
        es past Nuestra alianza con {partner} ha terminado
    """,
    "certification": """
        en us We are certified to {certification}
        en us An independent auditor confirmed our compliance with {certification}
        en past Our {certification} certificate has expired
        en other {subject} is certified to {certification}
        de us Wir sind nach {certification} zertifiziert
        de past Unser Zertifikat {certification} ist abgelaufen
        fr us Nous sommes certifiés {certification}
        fr past Notre certificat {certification} a expiré
        es us Estamos certificados en {certification}
        es past Nuestro certificado {certification} ha caducado
    """,
    "customer": """
        en us {customer} is one of our customers
        en us We are proud to work for {customer}
        en past {customer} is no longer a customer of ours
        en other {subject} counts {customer} among its customers
        de us {customer} zählt zu unseren Kunden
        de past {customer} ist nicht mehr unser Kunde
        fr us {customer} compte parmi nos clients
        fr past {customer} n'est plus notre client
        es us {customer} es uno de nuestros clientes
        es past {customer} ya no es cliente nuestro
    """,
}
"""Templates by kind of fact; those of news also by their type."""

"""The words on a site that state nothing: what companies write about themselves, and what is on every page.

Belongs here: filler and labels, in each language. Does not: sentences that state facts (`wordings`).
"""

from collections.abc import Mapping, Sequence

FILLER: Mapping[str, Sequence[str]] = {
    "en": (
        "We build things that last, and we answer the telephone when you call.",
        "Since our first day we have believed that good work speaks for itself.",
        "Our customers are at the heart of everything that we do.",
        "From the first sketch to the last screw, quality is what our name stands for.",
        "What began in a garage is today a team of people from many countries.",
        "We listen first, then we plan, and only then do we build.",
        "Sustainability is not a department here; it is how each of us works.",
        "Whether you are a small workshop or a large group, we find what fits.",
        "Talk to us: the coffee is hot and the door is open.",
        "We measure our success by the years that our customers stay.",
        "Every project begins with a question, and so does every good conversation.",
        "Our values are simple: be kind, be clear, be on time.",
        "The market changes quickly, and those who plan ahead will gain from it.",
        "More about this will follow in the coming weeks.",
    ),
    "de": (
        "Wir bauen Dinge, die halten, und wir gehen ans Telefon, wenn Sie anrufen.",
        "Seit dem ersten Tag glauben wir, dass gute Arbeit für sich selbst spricht.",
        "Im Mittelpunkt unserer Arbeit stehen die Menschen, für die wir sie machen.",
        "Vom ersten Entwurf bis zur letzten Schraube steht unser Name für Qualität.",
        "Was in einer Garage begann, ist heute ein Team aus vielen Ländern.",
        "Erst hören wir zu, dann planen wir, und erst dann bauen wir.",
        "Nachhaltigkeit ist bei uns keine Abteilung, sondern unsere Art zu arbeiten.",
        "Sprechen Sie mit uns: Der Kaffee ist heiß, und die Tür steht offen.",
        "Jedes Projekt beginnt mit einer Frage, jedes gute Gespräch auch.",
        "Mehr dazu folgt in den nächsten Wochen.",
    ),
    "fr": (
        "Nous construisons des choses qui durent, et nous répondons au téléphone.",
        "Depuis le premier jour, nous pensons que le bon travail parle de lui-même.",
        "De la première esquisse à la dernière vis, notre nom est synonyme de qualité.",
        "Ce qui a commencé dans un garage est aujourd'hui une équipe de nombreux pays.",
        "Nous écoutons d'abord, puis nous planifions, et seulement alors nous construisons.",
        "La durabilité n'est pas un service chez nous ; c'est notre façon de travailler.",
        "Parlez-nous : le café est chaud et la porte est ouverte.",
        "Chaque projet commence par une question, chaque bonne conversation aussi.",
        "La suite dans les prochaines semaines.",
    ),
    "es": (
        "Construimos cosas que duran, y contestamos al teléfono cuando usted llama.",
        "Desde el primer día creemos que el buen trabajo habla por sí mismo.",
        "Del primer boceto al último tornillo, nuestro nombre significa calidad.",
        "Lo que empezó en un garaje es hoy un equipo de muchos países.",
        "Primero escuchamos, luego planificamos y solo entonces construimos.",
        "La sostenibilidad no es un departamento: es nuestra manera de trabajar.",
        "Hable con nosotros: el café está caliente y la puerta está abierta.",
        "Cada proyecto comienza con una pregunta, y cada buena conversación también.",
        "Habrá más noticias en las próximas semanas.",
    ),
}

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "home": "Home", "about": "About us", "careers": "Careers", "news": "News", "blog": "Blog", "more": "Read more",
        "cookies": "We use cookies. Some are needed, others help us to improve. Accept all or choose.",
        "rights": "All rights reserved", "updated": "Updated {} minutes ago", "visitors": "You are visitor number {}",
        "now": "It is now {}", "quote": "What people say", "announcement": "An announcement", "post": "A thought",
        "welcome": "Welcome to {}",
    },
    "de": {
        "home": "Startseite", "about": "Über uns", "careers": "Karriere", "news": "Presse", "blog": "Blog",
        "more": "Weiterlesen",
        "cookies": "Wir verwenden Cookies. Einige sind nötig, andere helfen uns. Alle annehmen oder auswählen.",
        "rights": "Alle Rechte vorbehalten", "updated": "Aktualisiert vor {} Minuten", "visitors": "Besucher Nummer {}",
        "now": "Es ist jetzt {}", "quote": "Stimmen unserer Kunden", "announcement": "Mitteilung", "post": "Gedanke",
        "welcome": "Willkommen bei {}",
    },
    "fr": {
        "home": "Accueil", "about": "À propos", "careers": "Carrières", "news": "Actualités", "blog": "Blog",
        "more": "Lire la suite",
        "cookies": "Nous utilisons des cookies. Certains sont nécessaires. Tout accepter ou choisir.",
        "rights": "Tous droits réservés", "updated": "Mis à jour il y a {} minutes", "visitors": "Visiteur numéro {}",
        "now": "Il est {}", "quote": "Témoignages", "announcement": "Communiqué", "post": "Une idée",
        "welcome": "Bienvenue chez {}",
    },
    "es": {
        "home": "Inicio", "about": "Quiénes somos", "careers": "Empleo", "news": "Noticias", "blog": "Blog",
        "more": "Leer más",
        "cookies": "Usamos cookies. Algunas son necesarias. Aceptar todas o elegir.",
        "rights": "Todos los derechos reservados", "updated": "Actualizado hace {} minutos",
        "visitors": "Visitante número {}", "now": "Son las {}", "quote": "Opiniones", "announcement": "Comunicado",
        "post": "Una idea", "welcome": "Bienvenidos a {}",
    },
}  # fmt: skip
"""What stands on buttons, in headings and in footers."""

TESTIMONIALS = (
    "A pleasure from the first day to the last. (M. K., plant manager)",
    "They were on time, every time. (A very happy customer)",
    "I would recommend them to anyone who needs it done well. (T. S.)",
    "Five stars, and a sixth for the coffee. (Anonymous)",
)

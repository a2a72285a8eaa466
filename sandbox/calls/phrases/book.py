"""The sentences of calls, in four languages.

Belongs here: the sentences. A line is `kind | English | Spanish | German | French`; `{slot}` is a value that is the
same in all languages (`slots`). Each sentence ends with a full stop or a mark, has none inside, and occurs once.
Does not: choosing among them (`sandbox.calls.scripts`), translating (`translating`).
"""

BOOK = """
greeting | Hi, this is {rep} from {company}. | Hola, soy {rep} de {company}. \
| Hallo, hier ist {rep} von {company}. | Bonjour, c'est {rep} de {company}.
greeting | Good morning, {rep} here. | Buenos días, le habla {rep}. \
| Guten Morgen, {rep} am Apparat. | Bonjour, {rep} à l'appareil.
pitch | Do you have two minutes? | ¿Tiene usted dos minutos? \
| Haben Sie zwei Minuten Zeit? | Avez-vous deux minutes?
pitch | We help sales teams to reach more customers. | Ayudamos a los equipos de ventas a llegar a más clientes. \
| Wir helfen Vertriebsteams, mehr Kunden zu erreichen. | Nous aidons les équipes commerciales à joindre plus de clients.
pitch | How do you log your calls today? | ¿Cómo registra usted hoy sus llamadas? \
| Wie erfassen Sie heute Ihre Anrufe? | Comment enregistrez-vous vos appels aujourd'hui?
pitch | Our customers save five hours a week. | Nuestros clientes ahorran cinco horas por semana. \
| Unsere Kunden sparen fünf Stunden pro Woche. | Nos clients gagnent cinq heures par semaine.
pitch | May I show you a short demo on Thursday? | ¿Puedo mostrarle una breve demostración el jueves? \
| Darf ich Ihnen am Donnerstag eine kurze Vorführung zeigen? | Puis-je vous montrer une courte démonstration jeudi?
pitch | What would make this worth your time? | ¿Qué haría que esto valiera su tiempo? \
| Was müsste geschehen, damit es sich für Sie lohnt? | Qu'est-ce qui vous ferait dire que cela en vaut la peine?
answer | Yes, I am listening. | Sí, le escucho. | Ja, ich höre Ihnen zu. | Oui, je vous écoute.
answer | We are using another tool at the moment. | De momento usamos otra herramienta. \
| Zurzeit benutzen wir ein anderes Werkzeug. | Nous utilisons un autre outil pour le moment.
answer | How much does it cost? | ¿Cuánto cuesta? | Was kostet das? | Combien cela coûte-t-il?
answer | That sounds interesting. | Eso suena interesante. | Das klingt interessant. | Cela semble intéressant.
answer | The budget for this year is already spent. | El presupuesto de este año ya está gastado. \
| Das Budget für dieses Jahr ist schon ausgegeben. | Le budget de cette année est déjà dépensé.
answer | My colleague decides about that. | Mi colega decide sobre eso. \
| Darüber entscheidet mein Kollege. | C'est mon collègue qui en décide.
answer | Thursday would be fine for us. | El jueves nos viene bien. \
| Donnerstag würde uns gut passen. | Jeudi nous conviendrait bien.
answer | Can you send me something in writing? | ¿Me puede enviar algo por escrito? \
| Können Sie mir etwas Schriftliches schicken? | Pouvez-vous m'envoyer quelque chose par écrit?
detail | My direct number is {phone}. | Mi número directo es {phone}. \
| Meine Durchwahl ist {phone}. | Mon numéro direct est le {phone}.
detail | Please write to {email}. | Escriba por favor a {email}. \
| Bitte schreiben Sie an {email}. | Écrivez s'il vous plaît à {email}.
detail | The card number is {card}. | El número de la tarjeta es {card}. \
| Die Kartennummer lautet {card}. | Le numéro de la carte est {card}.
closing | Thank you for your time, and goodbye. | Gracias por su tiempo y hasta luego. \
| Vielen Dank für Ihre Zeit und auf Wiederhören. | Merci pour votre temps et au revoir.
closing | I will send you the invitation today. | Le enviaré la invitación hoy mismo. \
| Ich schicke Ihnen die Einladung noch heute. | Je vous envoie l'invitation aujourd'hui.
farewell | Talk to you on Thursday, goodbye. | Hablamos el jueves, adiós. \
| Bis Donnerstag, auf Wiederhören. | À jeudi, au revoir.
farewell | Have a nice day. | Que tenga un buen día. | Einen schönen Tag noch. | Bonne journée à vous.
machine | You have reached {company}, please leave a message after the tone. \
| Ha llamado a {company}, deje por favor un mensaje después de la señal. \
| Sie haben {company} erreicht, bitte hinterlassen Sie eine Nachricht nach dem Signalton. \
| Vous êtes bien chez {company}, laissez s'il vous plaît un message après le bip.
message | I will try again tomorrow. | Volveré a intentarlo mañana. \
| Ich versuche es morgen noch einmal. | Je rappellerai demain.
wrong | I am afraid you have the wrong number. | Me temo que se ha equivocado de número. \
| Sie haben sich leider verwählt. | Je crains que vous n'ayez fait un faux numéro.
wrong | There is nobody of that name here. | Aquí no hay nadie con ese nombre. \
| Hier gibt es niemanden mit diesem Namen. | Il n'y a personne de ce nom ici.
sorry | I am sorry to have disturbed you. | Siento haberle molestado. \
| Entschuldigen Sie bitte die Störung. | Je suis désolé de vous avoir dérangé.
"""

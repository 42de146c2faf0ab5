"""Possible opt-outs in Spanish. docs/facts.md says how to add a word."""

COURTESIES = """por favor gracias ya muchas todo esto"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """por favor gracias muchas ya perdon hola lo siento perdone"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

REPEATED = """parar paren pare alto basta detener"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
no más
baja
dar de baja
darme de baja
dame de baja
cancelar
salir
borrar
eliminar
quitar
deténganse
ya no
no molestar
no molesten
número equivocado
número incorrecto
persona equivocada
tiene el número equivocado
se equivocó de número
no gracias
no me interesa
no estoy interesado
no estoy interesada
no quiero nada
no quiero más
dejen de molestar
deja de molestar
equivocado
se equivocó
no lo conozco
no los conozco
darse de baja
para ya
paren ya
detente
"""
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

_THINGS = r"(?:mensajes?|mensajitos|textos?|sms|notificaciones|publicidad|recordatorios)"
_MORE = r"(?: (?:mas|nunca|por favor|ya|gracias|otro|ningun|nada|jamas))*"
_OF_LIST = (
    r"(?: (?:por favor|de|del|la|su|sus|esta|tu))*(?: (?:listas?|base de datos|sistema))?"
    r"(?: por favor| gracias)?$"
)

REQUESTS = (
    r"no (?:me|nos) (?:envien?|envies|manden?|mandes|escriban?|escribas|contacten?|contactes|texteen?|molesten?"
    rf"|molestes|llamen){_MORE}(?: {_THINGS})?{_MORE}$",
    rf"no mas {_THINGS}",
    rf"(?:dejen?|deja|paren?|para) de (?:enviar|mandar)(?:me|nos)?{_MORE} {_THINGS}",
    r"(?:dejen?|deja|paren?|para) de (?:escribir|contactar|textear|molestar)(?:me|nos)",
    rf"(?:quit|borr|elimin|sac|saqu)(?:a|e|en|ar)(?:me|nos){_OF_LIST}",
    rf"(?:borr|elimin|quit)(?:a|e|en|ar) mi numero{_OF_LIST}",
    rf"(?:darme|dame|denme|deme|darnos) de baja{_OF_LIST}",
    rf"no (?:quiero|deseo|queremos)(?: (?:mas|recibir|sus|tus|estos|tener|que me (?:manden|envien)))*"
    rf" {_THINGS}",
    r"deja(?:me|dme)? en paz|dejen?me en paz",
    rf"(?:deten(?:gan|ga|er|te)|par(?:en|e|ar)|cancel(?:en|e|ar)) (?:de )?(?:(?:los|las|estos|sus|tus|todos"
    rf"|de) )*{_THINGS}",
    r"no molest(?:en|e|es)(?: mas)?$",
    rf"^no (?:mas )?{_THINGS}|equivocad[oa]s? de numero|cancelar (?:la |mi )?suscripcion",
    r"(?:eliminen|borren|quiten|elimin|borr|quit|saqu)(?:a|e|en)?me(?: por favor| ya)?$",
    r"no hay nadie (?:con|aqui|llamad)",
    rf"(?:stop|alto|basta|ya basta)(?: (?:a|de|con|los|las|estos|sus|tus|mas))* {_THINGS}",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

"""Possible opt-outs in Dutch. docs/facts.md tells how a word is added."""

COURTESIES = """aub alsjeblieft alstublieft nu graag bedankt dank u je wel"""
"""Words that add nothing to an opt-out."""

POLITE = """aub alsjeblieft alstublieft nu graag bedankt dank u je wel sorry hallo"""
"""Words that add nothing to any message: also beside words that mean an opt-out only when they stand alone."""

REPEATED = """afmelden uitschrijven afmeld"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
stoppen
einde
annuleren
verwijderen
opzeggen
hou op
verkeerd nummer
u heeft het verkeerde nummer
verkeerde persoon
nee bedankt
nee dank u
nee dank je
geen interesse
niet meer sturen
niet meer sms en
niet geïnteresseerd
"""
"""Messages, one a line, that mean an opt-out if they have nothing but polite words around them."""

_THINGS = r"(?:berichten|berichtjes|sms|smsjes|smsen|appjes|reclame)"

REQUESTS = (
    rf"geen {_THINGS} meer",
    rf"stop(?:pen)? met (?:(?:het|mij|me|ons) )*(?:sturen|smsen|appen|berichten|{_THINGS})",
    rf"stuur (?:me|mij|ons) (?:geen|niet meer|nooit meer)(?: {_THINGS})?",
    r"(?:haal|verwijder) (?:me|mij|ons|mijn nummer) (?:van|uit)",
    r"(?:schrijf|meld) (?:me|mij) (?:uit|af)",
    r"laat (?:me|mij) met rust",
)
"""Patterns of requests, in folded words. Each begins at a word's beginning; `^` and `$` are those of a clause."""

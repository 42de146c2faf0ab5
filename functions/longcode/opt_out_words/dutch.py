"""Possible opt-outs in Dutch. docs/facts.md says how to add a word."""

COURTESIES = """aub alsjeblieft alstublieft nu graag bedankt dank u je wel"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """aub alsjeblieft alstublieft nu graag bedankt dank u je wel sorry hallo"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

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
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

_THINGS = r"(?:berichten|berichtjes|sms|smsjes|smsen|appjes|reclame)"

REQUESTS = (
    rf"geen {_THINGS} meer",
    rf"stop(?:pen)? met (?:(?:het|mij|me|ons) )*(?:sturen|smsen|appen|berichten|{_THINGS})",
    rf"stuur (?:me|mij|ons) (?:geen|niet meer|nooit meer)(?: {_THINGS})?",
    r"(?:haal|verwijder) (?:me|mij|ons|mijn nummer) (?:van|uit)",
    r"(?:schrijf|meld) (?:me|mij) (?:uit|af)",
    r"laat (?:me|mij) met rust",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

"""Possible opt-outs in German. docs/facts.md says how to add a word."""

COURTESIES = """bitte danke jetzt sofort endlich damit vielen dank mich"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """bitte danke vielen dank jetzt sofort endlich sorry hallo entschuldigung leider"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

REPEATED = """stopp stoppen abmelden abbestellen aufhoren"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
ende
beenden
kündigen
löschen
schluss
schluss damit
schluss jetzt
nicht mehr
genug
es reicht
mir reicht es
falsche nummer
falsche person
falsch verbunden
sie haben die falsche nummer
du hast die falsche nummer
das ist die falsche nummer
nein danke
kein interesse
nicht interessiert
kein bedarf
verpiss dich
hau ab
kein interesse mehr
abmeldung
ich bin nicht interessiert
lass mich
falscher empfänger
raus
"""
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

_THINGS = r"(?:sms|nachricht(?:en)?|textnachrichten|werbung|mitteilungen|erinnerungen|newsletter)"
_NUMBER = r"meine (?:handy|telefon|mobil)?nummer"
_OF_LIST = (
    r"(?: (?:bitte|von|vom|aus|der|dem|dieser|ihrer|eurer|sms|mailing))*"
    r"(?: (?:liste|verteiler|datenbank|newsletter))?"
)
_WRITE = r"(?:schreiben|texten|kontaktieren|schicken|senden|belastigen|nerven)"

REQUESTS = (
    rf"keine?(?: weiteren?| ihrer| solche)?(?: {_THINGS})(?: von (?:ihnen|euch))? mehr",
    rf"(?:bitte |danke )keine?(?: weiteren?)? {_THINGS}(?: bitte| schicken| senden|$)|keine weiteren {_THINGS}",
    r"(?:hort?|horen sie|hoeren sie)(?: bitte| endlich)* auf"
    rf"(?: damit|(?: mir| mich| uns)?(?: \w+){{0,3}} zu {_WRITE}|$)",
    rf"aufhoren(?: mir| mich| uns)?(?: \w+){{0,3}} zu {_WRITE}",
    rf"(?:nimm|nehmt|nehmen sie|streich|streichen sie|losch|loscht|loschen sie|entfernen sie)(?: bitte)?"
    rf" (?:mich|uns|{_NUMBER}){_OF_LIST}(?: streichen| nehmen)?(?: danke| bitte)?$",
    rf"{_NUMBER}{_OF_LIST}(?: zu)? (?:loschen|entfernen|streichen)",
    rf"(?:mochte|will|wollen|kann ich|bitte)(?: \w+)? mich{_OF_LIST} (?:abmelden|austragen)",
    rf"melden sie mich{_OF_LIST} ab$",
    rf"{_THINGS}(?: bitte)? (?:abbestellen|stoppen|einstellen|abstellen)",
    rf"stoppen sie(?: \w+){{0,2}} {_THINGS}",
    rf"(?:schreib|schick|send|kontaktier|text)\w*(?: sie)? (?:mir|mich|uns)(?: bitte)?"
    rf" (?:nicht|nichts|nie|keine {_THINGS}) mehr",
    r"(?:^|(?:bitte|mich|mir) )(?:bitte )?nicht mehr (?:an)?(?:schreiben|texten|kontaktieren|anrufen)",
    r"(?:will|mochte|brauche) (?:das|sowas|so was|dies)(?: \w+)? nicht mehr$",
    r"lass(?:t|en sie)? (?:mich|uns)(?: bitte| endlich)* in ruhe",
    rf"^keine? {_THINGS}(?: bitte)?$|ende der {_THINGS}|stopp(?:en|t)?(?: die| alle| diese)? {_THINGS}",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

"""Possible opt-outs in Italian. docs/facts.md says how to add a word."""

COURTESIES = """per favore grazie adesso subito ora"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """per favore grazie scusa scusi scusate adesso subito ciao"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

REPEATED = """basta fermatevi smettetela disiscrivimi cancellami cancellatemi"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
annulla
annullare
annulla iscrizione
fermare
cancellare
numero errato
cancella
rimuovi
disiscrivi
disiscrizione
smettila
numero sbagliato
ha il numero sbagliato
avete sbagliato numero
persona sbagliata
no grazie
non interessato
non interessata
non mi interessa
ho cambiato numero
non scrivere più
non la conosco
disiscrivetemi
"""
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

_THINGS = r"(?:messaggi|messaggio|sms|testi|notifiche|promemoria|pubblicita)"

REQUESTS = (
    rf"basta(?: (?:con|i|gli|questi|con i|con gli))* {_THINGS}",
    r"(?:smett(?:ete|etela|ila|ere)|finite|finitela) di (?:scriver|mandar|inviar|contattar|disturbar)(?:mi|ci|e)",
    rf"non (?:mandate|mandare|mandar|inviate|inviare|inviar|scrivete|scriver|scrivere|contattate"
    rf"|contattar)(?:mi|ci)?(?: piu| mai)+(?: {_THINGS})?",
    rf"non (?:voglio|vogliamo|desidero)(?: (?:piu|ricevere|i|vostri|altri|questi))* {_THINGS}",
    r"(?:cancella|cancellate|togli|togliete|rimuovi|rimuovete)(?:mi|temi|ci)? (?:subito )?dall(?:a"
    r"|e)(?: \w+)? ?list[ae]",
    r"(?:cancella|cancellate|togliete|rimuovete) il mio numero",
    r"lascia(?:te)?mi in pace",
    rf"(?:ferma|fermate|fermare)(?: (?:i|gli|questi))* {_THINGS}",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

"""Possible opt-outs in Italian. docs/facts.md tells how a word is added."""

COURTESIES = """per favore grazie adesso subito ora"""
"""Words that add nothing to an opt-out."""

POLITE = """per favore grazie scusa scusi scusate adesso subito ciao"""
"""Words that add nothing to any message: also beside words that mean an opt-out only when they stand alone."""

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
"""Messages, one a line, that mean an opt-out if they have nothing but polite words around them."""

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
"""Patterns of requests, in folded words. Each begins at a word's beginning; `^` and `$` are those of a clause."""

"""Keywords: what a reply says about being texted at all, and what only a person can decide."""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from longcode import near_misses


class Keyword(StrEnum):
    """What a reply asks for. YES counts only when the number is opted out, which the caller knows."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    YES = "yes"


NEAR_STOP = "near_stop"
"""What a near miss is marked with: it asks for no more texts in words of its own, and a person decides."""


# The union of 47 CFR 64.1200(a)(10), Twilio's and AWS's lists, with Spanish and German, folded (docs/facts.md).
_WORDS = {
    **dict.fromkeys(("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"), Keyword.STOP),
    **dict.fromkeys(("revoke", "optout", "opt out", "opt-out", "remove", "arret", "td"), Keyword.STOP),
    **dict.fromkeys(("alto", "parar", "no mas", "stopp", "abmelden"), Keyword.STOP),
    **dict.fromkeys(("start", "unstop"), Keyword.START),
    **dict.fromkeys(("help", "info", "aide"), Keyword.HELP),
    "yes": Keyword.YES,
}


def read(text: str) -> Keyword | None:
    """Tell the keyword that the WHOLE message is, whatever its case, accents and trimmings."""
    return _WORDS.get(fold(text))


def heard(text: str) -> str | None:
    """Tell what a message asks for: the keyword that it is, or that only a person can decide."""
    return read(text) or (NEAR_STOP if near_stop(text) else None)


def fold(text: str) -> str:
    """Spell a whole message as keywords are compared: without case, accents and trimmings."""
    return " ".join(re.sub(r"^[\W_]+|[\W_]+$", "", _fold(text)).split())


def near_stop(text: str) -> bool:
    """Tell whether a message asks for no more texts in words of its own (47 CFR 64.1200(a)(10)).

    A person decides on those, so one too many costs a click and one too few the client's trust.
    """
    if read(text) is Keyword.STOP:
        return False
    said = _QUOTATION.sub(" ", _fold(text))
    if any(_words(sentence) in _OUTRIGHT for sentence in _SENTENCE.split(said)):
        return True
    clauses = [_words(clause) for clause in _CLAUSE.split(said)]
    words = " ".join(clauses).split()
    if _is_bare(words):
        return True
    return any(_near_miss().search(_turned_round().sub(" ", clause)) for clause in clauses)


def _fold(text: str) -> str:
    """Fold case, accents and look-alikes; drop invisible characters; one kind of dash and quote."""
    folded = unicodedata.normalize("NFKD", text.translate(_SIGNS)).casefold()
    return "".join(c for c in folded if unicodedata.category(c) not in {"Mn", "Me", "Cf"})


def _words(clause: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", clause.replace("'", "")))


def _is_bare(words: list[str]) -> bool:
    """A keyword and nothing but courtesies: "Stop. Thank you", "please unsubscribe me"."""
    said = " ".join(words)
    core = [word for word in words if word not in _COURTESIES]
    return bool(core) and (set(core) <= _STOPS or not {said, " ".join(core)}.isdisjoint(_STOP_PHRASES))


_SIGNS = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("‘’‛´`", "'") | dict.fromkeys("“”„«»", '"'))

# A period or a new line ends a sentence; "Stop! You're making me cry" and "Stop... so cute" are delight.
_SENTENCE = re.compile(r"(?<!\.)\.(?!\.)|\n")
_CLAUSE = re.compile(r"[^\w\s'-]+|\n| - ")
# What a phone quotes back: Liked "Your session is tomorrow. Reply STOP to opt out".
_QUOTATION = re.compile(r'(?<=[\w:] )(?<!said )"[^"\s]+\s[^"\s]+\s[^"]*(?:"|$)')

_OUTRIGHT = {"stop", "stopp", "stopall", "stop all", "unsubscribe", "optout", "opt out"}
_STOPS = set(
    """stop stopp stopall unsubscribe unsubcribe unsuscribe optout quit revoke stpo sotp
    stoppen abmelden abbestellen aufhoren arret arreter arretez desabonner parar paren pare alto basta""".split()  # noqa: SIM905
)
_STOP_PHRASES = {"opt out", "no mas", "no more", "please remove", "remove please", "s t o p"}
_COURTESIES = set(
    """please pls plz and of thank thanks thanx thx ty you u so much very kindly ok okay now already immediately asap
    it this that these them all again just i ive have said say told texted sent typed me us reply text hi hello
    hey yes wrong number person sorry sir maam end times twice 2 3 4 5 10
    bitte danke jetzt sofort endlich damit vielen dank mich
    svp stp merci sil vous te plait maintenant tout de suite moi
    por favor gracias ya muchas todo esto""".split()  # noqa: SIM905
)


@cache
def _near_miss() -> re.Pattern[str]:
    phrases = (*near_misses.english(), *near_misses.german(), *near_misses.french(), *near_misses.spanish())
    return re.compile("|".join(rf"\b(?:{phrase})" for phrase in phrases))


@cache
def _turned_round() -> re.Pattern[str]:
    """What turns a request round: "don't stop sending", "did you stop", "if I unsubscribe", "par erreur"."""
    unless_asking = r"(?<!if you )(?<!why )"
    not_ = r"(?:dont|do not|never|not|wont|cant|cannot|can not|didnt|doesnt|havent|wouldnt|shouldnt)"
    between = r"(?: (?:want|mean|need|like|wish|have|ever|please|try|trying|to|you|u|me|us|just))*"
    asking = r"(?:did|do|should|if|when|have|will) (?:i|you|u|we|they)"
    what = r"(?:stop|quit|unsubscribe|opt (?:me |us )?out|remove|delete|take|get)"
    german = r"(?:bekomm|erhalt|krieg|hab|hatte|kam)\w*(?: (?:ich|wir|leider|seit gestern|noch))* keine"
    return re.compile(
        rf"\b(?:{unless_asking}{not_}{between} {what}|(?<!how ){asking}(?: \w+ to)? {what}"
        rf"|(?:never|wont|dont|doesnt) leave|{german}|no (?:par|dej)\w+|unsubscribe by \w+|par erreur)\b"
    )

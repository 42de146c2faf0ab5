"""Keywords: STOP, START, HELP and YES in a reply, and possible opt-outs, about which staff decide."""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from longcode import opt_out_patterns


class Keyword(StrEnum):
    """What a reply asks for. YES counts only if the phone is opted out, which the caller knows."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    YES = "yes"


POSSIBLE_OPT_OUT = "near_stop"
"""The mark of a possible opt-out: a reply that asks for no more texts, but not with a keyword."""

# The union of 47 CFR 64.1200(a)(10), Twilio's and AWS's lists, with Spanish and German, folded (docs/facts.md).
_KEYWORDS = {
    **dict.fromkeys(("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"), Keyword.STOP),
    **dict.fromkeys(("revoke", "optout", "opt out", "opt-out", "remove", "arret", "td"), Keyword.STOP),
    **dict.fromkeys(("alto", "parar", "no mas", "stopp", "abmelden"), Keyword.STOP),
    **dict.fromkeys(("start", "unstop"), Keyword.START),
    **dict.fromkeys(("help", "info", "aide"), Keyword.HELP),
    "yes": Keyword.YES,
}

_DASHES_AND_QUOTES = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("‘’‛´`", "'") | dict.fromkeys("“”„«»", '"')
)

# A period or a new line ends a sentence. An exclamation mark or an ellipsis does not: "Stop! You're making me cry"
# and "Stop... so cute" are praise.
_SENTENCE = re.compile(r"(?<!\.)\.(?!\.)|\n")
_CLAUSE = re.compile(r"[^\w\s'-]+|\n| - ")
# A text of ours that the client's phone quotes: Liked "Your session is tomorrow. Reply STOP to opt out".
_QUOTATION = re.compile(r'(?<=[\w:] )(?<!said )"[^"\s]+\s[^"\s]+\s[^"]*(?:"|$)')

_STOP_SENTENCES = {"stop", "stopp", "stopall", "stop all", "unsubscribe", "optout", "opt out"}
_STOP_WORDS = set(
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


def read(text: str) -> Keyword | None:
    """Return the keyword if it is the WHOLE message, in any case and with any accents and punctuation around it."""
    return _KEYWORDS.get(fold(text))


def detect(text: str) -> str | None:
    """Return the message's keyword, the mark of a possible opt-out, or None."""
    return read(text) or (POSSIBLE_OPT_OUT if near_stop(text) else None)


def fold(text: str) -> str:
    """Return a message as keywords are compared: without case, accents and surrounding punctuation."""
    return " ".join(re.sub(r"^[\W_]+|[\W_]+$", "", _without_marks(text)).split())


def near_stop(text: str) -> bool:
    """Return whether a message asks for no more texts in the client's own words (47 CFR 64.1200(a)(10)).

    Doubtful messages count, as staff decide: a false alarm costs them a click, a missed opt-out the client's trust.
    """
    if read(text) is Keyword.STOP:
        return False
    own_words = _QUOTATION.sub(" ", _without_marks(text))
    if any(_words(sentence) in _STOP_SENTENCES for sentence in _SENTENCE.split(own_words)):
        return True
    clauses = [_words(clause) for clause in _CLAUSE.split(own_words)]
    if _is_stop_with_courtesies(" ".join(clauses).split()):
        return True
    return any(_request().search(_reversal().sub(" ", clause)) for clause in clauses)


def _without_marks(text: str) -> str:
    """Return a text without case, accents and invisible characters, with one kind of dash and of quotation mark."""
    folded = unicodedata.normalize("NFKD", text.translate(_DASHES_AND_QUOTES)).casefold()
    return "".join(c for c in folded if unicodedata.category(c) not in {"Mn", "Me", "Cf"})


def _words(clause: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", clause.replace("'", "")))


def _is_stop_with_courtesies(words: list[str]) -> bool:
    """Return whether a message is a keyword with courtesies: "Stop. Thank you", "please unsubscribe me"."""
    core = [word for word in words if word not in _COURTESIES]
    return bool(core) and (
        set(core) <= _STOP_WORDS or not {" ".join(words), " ".join(core)}.isdisjoint(_STOP_PHRASES)
    )


@cache
def _request() -> re.Pattern[str]:
    """Return the pattern of a request for no more texts, compiled on first use to keep cold starts fast."""
    phrases = (
        *opt_out_patterns.english(),
        *opt_out_patterns.german(),
        *opt_out_patterns.french(),
        *opt_out_patterns.spanish(),
    )
    return re.compile("|".join(rf"\b(?:{phrase})" for phrase in phrases))


@cache
def _reversal() -> re.Pattern[str]:
    """Return the pattern of words that reverse a request: "don't stop", "did you stop", "if I unsubscribe"."""
    unless_asking = r"(?<!if you )(?<!why )"
    negations = r"(?:dont|do not|never|not|wont|cant|cannot|can not|didnt|doesnt|havent|wouldnt|shouldnt)"
    between = r"(?: (?:want|mean|need|like|wish|have|ever|please|try|trying|to|you|u|me|us|just))*"
    questions = r"(?:did|do|should|if|when|have|will) (?:i|you|u|we|they)"
    verbs = r"(?:stop|quit|unsubscribe|opt (?:me |us )?out|remove|delete|take|get)"
    german = r"(?:bekomm|erhalt|krieg|hab|hatte|kam)\w*(?: (?:ich|wir|leider|seit gestern|noch))* keine"
    return re.compile(
        rf"\b(?:{unless_asking}{negations}{between} {verbs}|(?<!how ){questions}(?: \w+ to)? {verbs}"
        rf"|(?:never|wont|dont|doesnt) leave|{german}|no (?:par|dej)\w+|unsubscribe by \w+|par erreur)\b"
    )

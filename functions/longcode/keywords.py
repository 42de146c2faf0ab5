"""Keywords: STOP, START, HELP and YES in a reply, and possible opt-outs, about which staff decide."""

import re
from enum import StrEnum
from functools import cache

from longcode import own_words
from longcode.opt_out_words import (
    dutch,
    english,
    french,
    german,
    italian,
    ordinary,
    other_languages,
    portuguese,
    reactions,
    spanish,
)


class Keyword(StrEnum):
    """What a reply asks for. YES counts only if the phone is opted out."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    YES = "yes"


POSSIBLE_OPT_OUT = "near_stop"
"""The mark of a possible opt-out: a reply that may ask for no more texts, in other words than a keyword."""

# The union of 47 CFR 64.1200(a)(10), Twilio's and AWS's lists, with Spanish and German, folded (docs/facts.md).
_KEYWORDS = {
    **dict.fromkeys(("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"), Keyword.STOP),
    **dict.fromkeys(("revoke", "optout", "opt out", "opt-out", "remove", "arret", "td"), Keyword.STOP),
    **dict.fromkeys(("alto", "parar", "no mas", "stopp", "abmelden"), Keyword.STOP),
    **dict.fromkeys(("start", "unstop"), Keyword.START),
    **dict.fromkeys(("help", "info", "aide"), Keyword.HELP),
    "yes": Keyword.YES,
}

_STOPS = {word for word, keyword in _KEYWORDS.items() if keyword is Keyword.STOP and word != "end"}

_SPLIT_WORD = 2  # words that may be one, with a space in its middle
_MOST_AFTER_STOP = 4  # words of a message that begins with "stop", however it goes on
_MOST_BEFORE_STOP = 6  # words of a message that ends with "stop"
_MOST_SET_APART = 8  # words of a message in which STOP is set apart, by capital letters or punctuation
_MOST_WITH_LAST_CLAUSE = 12  # words of a message whose last clause is "stop"

_LANGUAGES = (english, german, french, spanish, portuguese, italian, dutch, other_languages)

# A period or a new line ends a sentence. An exclamation mark or an ellipsis does not: "Stop! You're making me cry"
# and "Stop... so cute" are praise.
_SENTENCE = r"(?<!\.)\.(?!\.)|\n"
_CLAUSE = r"[^\w\s'-]+|\n|\s-+\s"
_SET_APART = r"\s*(?:[.:;]|\n|\s-|-+\s|!{2})"

# Left in a message first: ALONE has "no thanks", not "no".
_THANKS = {"thanks", "thank", "you", "so", "much", "very"}
_NUMBER_SIGN = r"\b(my|wrong|this|your) ?#"

_STOP_FIRST, _STOP_LAST = rf"{ordinary.STOP}(?: |$)", rf"(?:^| ){ordinary.STOP}$"
_UNSUBSCRIBE = rf"\b{ordinary.UNSUBSCRIBE}\b"
_JOKING = f"{ordinary.DELIGHT}|{ordinary.MISTAKE}"
_INSTRUCTION = rf"\W{{0,3}}(?:{reactions.INSTRUCTIONS})(?: please| pls| thanks)?"

_STOP_SENTENCES = {"stop", "stopp", "stopall", "stop all", "unsubscribe", "optout", "opt out"}
_STOP_SIGNS = "[🛑⛔🚫📵🔕🖕🙅]"
_BESIDE_SIGN = {"txt", "txts", "text", "texts", "msg", "msgs", "messages", "sms", "texting", "me", "no", "more"}


def read(text: str, ours: str = "") -> Keyword | None:
    """Return the keyword if it is the WHOLE message, in any case and with any accents and punctuation around it.

    `ours` is our latest text to the phone. A quotation of it, and the line that a phone adds, are left out. STOP may
    have a signature or our instruction after it: "STOP -Ann", "STOP to end".
    """
    return _read(text, own_words.of(text, ours))


def detect(text: str, ours: str = "") -> str | None:
    """Return the message's keyword, the mark of a possible opt-out, or None."""
    own = own_words.of(text, ours)
    return _read(text, own) or (POSSIBLE_OPT_OUT if _asks_for_no_more(own) else None)


def fold(text: str) -> str:
    """Return a message as keywords are compared: without case, accents and surrounding punctuation."""
    return " ".join(re.sub(r"^[\W_]+|[\W_]+$", "", own_words.plain(text).casefold()).split())


def near_stop(text: str, ours: str = "") -> bool:
    """Return whether a message asks for no more texts in the client's own words (47 CFR 64.1200(a)(10)).

    Doubtful messages count, as staff decide: a false alarm costs them a click, a missed opt-out the client's trust.
    """
    own = own_words.of(text, ours)
    return _read(text, own) is not Keyword.STOP and _asks_for_no_more(own)


def _read(text: str, own: str) -> Keyword | None:
    """Return the keyword of a message; `own` is the part of it that the client wrote."""
    folded = fold(own)
    keyword = _KEYWORDS.get(fold(text)) or _KEYWORDS.get(folded)
    if keyword is None and (_is_signed_keyword(own) or _is_keyword_with_instruction(folded)):
        return Keyword.STOP
    return keyword


def _asks_for_no_more(own: str) -> bool:
    folded = re.sub(_NUMBER_SIGN, r"\1 number", own.casefold()).replace("$top", "stop")
    if any(_words(sentence) in _STOP_SENTENCES for sentence in re.split(_SENTENCE, folded)):
        return True
    clauses = [_words(clause) for clause in re.split(_CLAUSE, folded)]
    words = " ".join(clauses).split()
    unsigned = _words(_signature().sub("", own.strip()).casefold()).split()
    if _is_only_opt_out(words) or _is_only_opt_out(unsigned) or _is_stop_sign(folded, words):
        return True
    if len(words) <= _MOST_WITH_LAST_CLAUSE and _are_only_opt_outs(clauses):
        return True
    if len(words) <= _MOST_SET_APART and re.fullmatch(ordinary.SOMEBODY_ELSE, own.strip()):
        return True
    said = [_reversal().sub(" ", clause) for clause in clauses]
    if any(_request().search(clause) for clause in said):
        return True
    return not re.search(_JOKING, folded) and (
        any(_request_unless_joking().search(clause) for clause in said) or _begins_or_ends_with_stop(own, folded)
    )


def _words(clause: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", clause.replace("'ll ", " will ").replace("'", "")))


def _is_signed_keyword(own: str) -> bool:
    """Return whether a message is an opt-out keyword and a signature."""
    signature = _signature().search(own.strip())
    if signature is None or signature[0].startswith(","):
        return False
    keyword = fold(own.strip()[: signature.start()])
    # A capitalised word on the line after "cancel" or "end" may be what the client wants to cancel.
    return _KEYWORDS.get(keyword) is Keyword.STOP and (signature[0][0] in "-~(" or keyword in _STOP_SENTENCES)


def _is_keyword_with_instruction(folded: str) -> bool:
    """Return whether a message is an opt-out keyword with what our texts say after it, such as "to end"."""
    said = [word for word in _STOPS if folded.startswith(word)]
    return bool(said) and re.fullmatch(_INSTRUCTION, folded[len(max(said, key=len)) :]) is not None


def _is_only_opt_out(words: list[str]) -> bool:
    """Return whether a message is an opt-out with courtesies: "Stop. Thank you", "no, please unsubscribe me"."""
    return _is_listed_opt_out(words) or (words[:1] == ["no"] and _is_listed_opt_out(words[1:]))


def _is_listed_opt_out(words: list[str]) -> bool:
    core = [word for word in words if word not in _listed("COURTESIES")]
    if core and set(core) <= _listed("REPEATED"):
        return True
    kept = [word for word in words if word not in _listed("POLITE")]
    if len(kept) <= _SPLIT_WORD and re.fullmatch(ordinary.RUN_TOGETHER, "".join(kept)):
        return True
    if len(words) > _SPLIT_WORD and all(len(word) == 1 for word in words):
        return _is_listed_opt_out(["".join(words)])
    if len(kept) == 1 and re.fullmatch(ordinary.ONE_LETTER_OFF, kept[0]):
        return True
    return any(
        " ".join(word for word in words if word not in dropped) in phrases
        for phrases, polite in _phrases()
        for dropped in ((), polite, polite - _THANKS)
    )


def _are_only_opt_outs(clauses: list[str]) -> bool:
    """Return whether each clause stands alone, or is a courtesy: "No thanks. Wrong number, sorry"."""
    parts = [part.split() for clause in clauses for part in re.split(r"\b(?:please|pls|plz)\b", clause)]
    said = [words for words in parts if words and not set(words) <= _listed("POLITE")]
    return bool(said) and all(map(_is_only_opt_out, said))


def _is_stop_sign(folded: str, words: list[str]) -> bool:
    """Return whether a message is a sign such as 🛑, alone or with courtesies."""
    return bool(re.search(_STOP_SIGNS, folded)) and set(words) <= _listed("POLITE") | _BESIDE_SIGN


def _begins_or_ends_with_stop(own: str, folded: str) -> bool:
    """Return whether a short message begins or ends with "stop" otherwise than in ordinary talk."""
    spoken = _reversal().sub(" ", _words(folded))
    words = spoken.split()
    if not words or len(words) > _MOST_WITH_LAST_CLAUSE:
        return False
    if len(words) <= _MOST_BEFORE_STOP and re.search(_UNSUBSCRIBE, spoken):
        return True
    asks = folded.rstrip().endswith("?")
    first = re.match(_STOP_FIRST, spoken)
    capital = bool(re.match(r"\W*STOP\b", own)) and not own.isupper()
    rest = spoken[first.end() :].strip() if first else ""
    # In capital letters, it is our word: "STOP to discontinue", but "stop to get gas".
    if first and (not re.match(ordinary.AFTER_STOP, rest) or (capital and rest.startswith("to "))):
        apart = capital or bool(re.match(_SET_APART, folded.lstrip()[len(first[0].strip()) :]))
        if (apart or not asks) and len(words) <= (_MOST_SET_APART if apart else _MOST_AFTER_STOP):
            return True
    last = re.search(_STOP_LAST, spoken)
    if last is None:
        return False
    if _words([clause for clause in re.split(_CLAUSE, folded) if _words(clause)][-1]) == last[0].strip():
        return not asks
    capital = bool(re.search(r"\bSTOP\W*$", own)) and not own.isupper()
    return (
        len(words) <= (_MOST_SET_APART if capital else _MOST_BEFORE_STOP)
        and not asks
        and (capital or not re.match(ordinary.QUESTION, spoken))
        and not re.search(ordinary.BEFORE_STOP, spoken[: last.start()].strip())
    )


@cache
def _listed(name: str) -> frozenset[str]:
    """Return the folded words of all languages in a list, such as "POLITE"."""
    return frozenset(word for language in _LANGUAGES for word in _words(fold(getattr(language, name))).split())


@cache
def _phrases() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return, for each language, the messages that mean an opt-out if they stand alone, and its polite words.

    Words of English courtesy are polite in every language.
    """
    return tuple(
        (
            frozenset(_words(fold(line)) for line in language.ALONE.strip().splitlines()),
            frozenset(_words(fold(f"{language.POLITE} {english.POLITE}")).split()),
        )
        for language in _LANGUAGES
    )


# Patterns are compiled on first use, to keep cold starts fast. Those that are built of all languages are kept here.


@cache
def _signature() -> re.Pattern[str]:
    """Return the pattern of a signature: a capitalised name after a dash or comma or on its own line.

    Days and months are no names.
    """
    return re.compile(
        r"(?:(?<=[\s.!,])[-~]{1,3}\s?|(?<=\w)-{1,3}\s|\n\s*[-~]{0,3}\s*|,\s*|\()"
        r"(?!(?i:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thurs?|fri|sat|sun|january|february|march"
        r"|april|june|july|august|september|october|november|december|tomorrow|today|tonight|no|yes|wait|hold)\b)"
        r"(?:[A-Z][\w.']*(?:(?: and| &)?[ -][A-Z][\w.']*){0,4}|(?<=\s-)[a-z]+)\)?\s*[.!]?$"
    )


@cache
def _request() -> re.Pattern[str]:
    """Return the pattern of a request for no more texts."""
    phrases = [phrase for language in _LANGUAGES for phrase in language.REQUESTS]
    return re.compile("|".join(rf"\b(?:{phrase})" for phrase in phrases))


@cache
def _request_unless_joking() -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{phrase})" for phrase in ordinary.REQUESTS_UNLESS_JOKING))


@cache
def _reversal() -> re.Pattern[str]:
    """Return the pattern of words that reverse a request: "don't stop", "did you stop", "if I unsubscribe"."""
    unless_asking = r"(?<!if you )(?<!why )"
    negations = r"(?:dont|do not|never|not|wont|cant|cannot|can not|didnt|doesnt|havent|wouldnt|shouldnt)"
    between = r"(?: (?:want|mean|need|like|wish|have|ever|please|try|trying|to|you|u|me|us|just))*"
    questions = r"(?:did|do|should|if|when|have|will) (?:i|you|u|we|they)"
    of_the_word = r"(?:does|will|would) stop (?:stop|end|cancel|also|only)"
    verbs = r"(?:stop|quit|unsubscribe|opt (?:me |us )?out|remove|delete|take|get)"
    german = r"(?:bekomm|erhalt|krieg|hab|hatte|kam)\w*(?: (?:ich|wir|leider|seit gestern|noch))* keine"
    return re.compile(
        rf"\b(?:{unless_asking}{negations}{between} {verbs}|(?<!how ){questions}(?: \w+ to)? {verbs}"
        rf"|(?:never|wont|dont|doesnt) leave|{german}|no (?:par|dej)\w+|unsubscribe by \w+|par erreur"
        rf"|{of_the_word})\b"
    )

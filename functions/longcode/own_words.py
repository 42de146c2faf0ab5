"""What a client wrote in a reply: without reactions, quotations of our texts, and lines that a program adds."""

import re
import unicodedata
from functools import cache

from longcode.opt_out_words import reactions

_MOST = 1000  # characters read at either end: nobody writes a longer opt-out, and reading must not take long
_QUOTED_WORDS = 4  # the fewest words of our text that count as a quotation of it

_ONE_SPELLING = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict.fromkeys("‘’‚‛´`＇", "'")
    | dict.fromkeys("“”„‟«»‹›〝〞〟＂「」『』", '"')
)
_WORD = r"[^\W_]+"
_EMOJI_AND_PREPOSITION = r"\W*[^\w\s.,:;!?'()-]\W*\w{0,4}\s*"


def plain(text: str) -> str:
    """Return a text without accents and invisible characters, with one kind of dash and of quotation mark."""
    if text.isascii():
        return _beginning_and_end(text).replace("`", "'")
    decomposed = _beginning_and_end(unicodedata.normalize("NFKD", _beginning_and_end(text).translate(_ONE_SPELLING)))
    return "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Me", "Cf"})


def _beginning_and_end(text: str) -> str:
    return text if len(text) <= 2 * _MOST else f"{text[:_MOST]}\n{text[-_MOST:]}"


def of(text: str, ours: str = "") -> str:
    """Return what the client wrote, in the spelling of `plain`. `ours` is our text, which the reply may quote."""
    if re.match(reactions.GOOGLE, text):
        return ""
    own = _without_quotation(_without_mail(_without_ours(plain(text), plain(ours))))
    return _phone_line().sub("", own)


def _without_ours(text: str, ours: str) -> str:
    """Return a text without its quotation of our text: the first four words or more of ours, wherever they stand."""
    first = re.findall(_WORD, ours.casefold())
    if len(first) < _QUOTED_WORDS:
        return text
    found = [(match[0].casefold(), match.span()) for match in re.finditer(_WORD, text)]
    words = [word for word, _ in found]
    for start in range(len(words) - _QUOTED_WORDS + 1):
        if words[start : start + _QUOTED_WORDS] == first[:_QUOTED_WORDS]:
            pairs = zip(words[start:], first, strict=False)
            same = next(
                (n for n, (one, other) in enumerate(pairs) if one != other), min(len(words) - start, len(first))
            )
            return f"{text[: found[start][1][0]]}\n{text[found[start + same - 1][1][1] :]}"
    return text


def _without_mail(text: str) -> str:
    """Return a message without the earlier message that a mail program quotes below it."""
    if ":" not in text and "--" not in text and ">" not in text:
        return text
    lines = text.split("\n")
    quoted_from = next(
        (n for n, line in enumerate(lines) if re.match(reactions.MAIL_QUOTES, line.casefold())), len(lines)
    )
    own = "\n".join(line for line in lines[:quoted_from] if not line.lstrip().startswith(">"))
    return own if own.strip() else text


def _without_quotation(text: str) -> str:
    """Return a text without our text in a reaction, or in quotation marks after the client's own words."""
    folded = text.casefold().strip()
    if re.match(reactions.BARE, folded):
        return ""
    if folded.endswith("'") and _reaction_in_apostrophes().match(folded):
        return ""
    if '"' not in folded:
        return text
    lead = folded.partition('"')[0].strip()
    if lead and (_reaction().fullmatch(lead) or re.fullmatch(_EMOJI_AND_PREPOSITION, lead)):
        # The quoted text may have quotation marks of its own.
        _, _, after = text.rpartition('"')
        return f"{lead}\n{after}" if text.count('"') > 1 else lead
    if _reaction_after().search(folded):
        return text.rpartition('"')[2]
    return _quotation().sub(" ", text)


# Compiled on first use, to keep cold starts fast.


@cache
def _quotation() -> re.Pattern[str]:
    """Return the pattern of a quotation of three words or more, unless a verb such as "said" stands before it."""
    return re.compile(
        r"(?:(?<=[\w:,.!?)]\s)|(?<=[\u3040-\u9fff\uac00-\ud7a3]))"
        r"(?<!\bsaid\s)(?<!\bsay\s)(?<!\btold you\s)(?<!\btext\s)(?<!\btexted\s)(?<!\btyped\s)(?<!\breplied\s)"
        r'"\s*[^"\s]+\s+[^"\s]+\s[^"]*(?:"|$)',
        re.IGNORECASE,
    )


@cache
def _reaction() -> re.Pattern[str]:
    return re.compile(rf"(?:{reactions.VERBS})\W*", re.DOTALL)


@cache
def _reaction_in_apostrophes() -> re.Pattern[str]:
    return re.compile(rf"(?:{reactions.VERBS})\s*'.*'\W*$", re.DOTALL)


@cache
def _reaction_after() -> re.Pattern[str]:
    return re.compile(rf'^".*"\s*(?:{reactions.VERBS_AFTER})\W*$', re.DOTALL)


@cache
def _phone_line() -> re.Pattern[str]:
    return re.compile(reactions.PHONE_LINES, re.IGNORECASE)

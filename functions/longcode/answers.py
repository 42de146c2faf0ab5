"""What the service itself answers to STOP, START and HELP: no marketing, one segment each."""

from longcode.keywords import Keyword

_STOP = "You get no more texts from the studios on this number. Reply START to get them again."
_START = "You get texts from your studio on this number again. Reply HELP for help, STOP to end them."


def to(keyword: Keyword, contact: str) -> str:
    """Word the answer to a keyword; `contact` is how people reach us."""
    match keyword:
        case Keyword.STOP:
            return _STOP
        case Keyword.START | Keyword.YES:
            return _START
        case Keyword.HELP:
            return (
                f"Longcode texts for photo studios. Help: {contact}. Msg & data rates may apply. Reply STOP to end."
            )

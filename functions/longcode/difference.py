"""What the checker finds: where the counters of a month are not the sum over its messages."""

from dataclasses import dataclass, fields

from longcode.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One count of a month, as the counters have it and as the messages add up."""

    month: str
    count: str
    counters: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Why an invoice is not sent: counts that differ, messages that cannot be read, lines that do not add up."""

    differences: tuple[Difference, ...] = ()
    unreadable: tuple[str, ...] = ()
    wrong: str | None = None

    def __bool__(self) -> bool:
        return bool(self.differences or self.unreadable or self.wrong)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            differences=self.differences + other.differences,
            unreadable=self.unreadable + other.unreadable,
            wrong=self.wrong or other.wrong,
        )


def compare(month: str, counters: Usage, messages: Usage) -> Findings:
    """Compare the counters of a month with what its messages add up to."""
    pairs = [(one.name, getattr(counters, one.name), getattr(messages, one.name)) for one in fields(Usage)]
    differ = [
        Difference(month=month, count=name, counters=has, messages=sums) for name, has, sums in pairs if has != sums
    ]
    return Findings(differences=tuple(differ))

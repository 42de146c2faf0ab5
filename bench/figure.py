"""One measured figure beside its bar."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that must not pass its bar (design §11); one without a bar is told for what it says of another."""

    name: str
    value: float
    unit: str
    bar: float | None

    @property
    def is_met(self) -> bool:
        """Tell whether the bar holds."""
        return self.bar is None or self.value <= self.bar

    def __str__(self) -> str:
        bar = "-" if self.bar is None else f"<={self.bar:g}"
        return f"{self.name} {self.value:g} {self.unit} {bar}{'' if self.is_met else ' MISSED'}"

"""One measured figure beside its bar."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that must not pass its bar (design §11)."""

    name: str
    value: float
    unit: str
    bar: float

    @property
    def is_met(self) -> bool:
        """Tell whether the bar holds."""
        return self.value <= self.bar

    def __str__(self) -> str:
        return f"{self.name} {self.value:g} {self.unit} <={self.bar:g}{'' if self.is_met else ' MISSED'}"

"""What ends a command: a refusal, or a deployment that cannot be reached. Each has its exit code."""


class Failure(Exception):
    """A command that did not do what it was asked for. Its text is the message for the operator."""

    exit_code = 1


class Refused(Failure):
    """The service refused an order, and changed nothing."""

    def __init__(self, detail: str, *, code: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field


class Unreachable(Failure):
    """The deployment, or a service of AWS, did not answer."""

    exit_code = 3


class Failed(Unreachable):
    """A function raised an exception; `kind` is its name."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind

"""What a user of the package may catch; each error says what was refused, and where.

No message contains the value of an argument: what a visitor typed must not end in a log.
The constructors' positional arguments are the `args`, so that the errors survive pickling.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied

__all__ = [
    "InDoubt",
    "InvalidArguments",
    "ProtocolError",
    "SignalNotAllowed",
    "SignalNotSent",
    "UnknownSignal",
    "Unreachable",
]


class UnknownSignal(LookupError):
    """No function is registered for a signal.

    `signal` is the name that was asked for, `nearest` the registered names that resemble it.

    >>> str(UnknownSignal("cart.ad", ["cart.add"]))
    'no function is registered for the signal "cart.ad" (did you mean "cart.add"?)'
    """

    def __init__(self, signal: str, nearest: Iterable[str] = ()) -> None:
        self.signal = signal
        self.nearest = tuple(nearest)
        super().__init__(signal, self.nearest)

    def __str__(self) -> str:
        text = f'no function is registered for the signal "{self.signal}"'
        if self.nearest:
            names = ", ".join(f'"{name}"' for name in self.nearest)
            text += f" (did you mean {names}?)"
        return text


class SignalNotAllowed(PermissionDenied):
    """The window may not call a signal; a view that lets it through answers 403.

    `signal` is the signal's name, `reason` what was missing, if it can be said.

    >>> str(SignalNotAllowed("cart.add", "is_authenticated"))
    'the signal "cart.add" is not allowed to this window: is_authenticated'
    """

    def __init__(self, signal: str, reason: str = "") -> None:
        self.signal = signal
        self.reason = reason
        super().__init__(signal, reason)

    def __str__(self) -> str:
        text = f'the signal "{self.signal}" is not allowed to this window'
        return f"{text}: {self.reason}" if self.reason else text


class InvalidArguments(ValueError):
    """An argument of a signal is missing, unknown, or can't be converted.

    `signal`, `argument` and `function` are names, `reason` says what is wrong with the argument,
    `nearest` is the name of one that there is and that resembles it.

    >>> str(InvalidArguments("cart.add", "count", "expected a whole number, got text"))
    'signal "cart.add", argument "count": expected a whole number, got text'
    """

    def __init__(
        self, signal: str, argument: str, reason: str, function: str = "", nearest: str = ""
    ) -> None:
        self.signal = signal
        self.argument = argument
        self.reason = reason
        self.function = function
        self.nearest = nearest
        super().__init__(signal, argument, reason, function, nearest)

    def __str__(self) -> str:
        where = f" ({self.function})" if self.function else ""
        hint = f'; did you mean "{self.nearest}"?' if self.nearest else ""
        return f'signal "{self.signal}"{where}, argument "{self.argument}": {self.reason}{hint}'

    def for_visitors(self) -> str:
        """Return the sentence without the names that only the server knows.

        >>> InvalidArguments("s", "n", "it is missing", function="shop.signals.add").for_visitors()
        'signal "s", argument "n": it is missing'
        """
        return str(InvalidArguments(self.signal, self.argument, self.reason))


class ProtocolError(ValueError):
    """A frame that breaks the protocol.

    `code` is the word of the answer (`invalid`, `big`, ...), `n` the number of the frame or None
    if it could not be read, `message` the sentence for whoever sent it.

    >>> str(ProtocolError("big", 17, "the frame is over 65536 bytes"))
    'the frame is over 65536 bytes (big, frame 17)'
    """

    def __init__(self, code: str, n: int | None, message: str) -> None:
        self.code = code
        self.n = n
        self.message = message
        super().__init__(code, n, message)

    def __str__(self) -> str:
        frame = "unnumbered frame" if self.n is None else f"frame {self.n}"
        return f"{self.message} ({self.code}, {frame})"


class SignalNotSent(RuntimeError):
    """A signal could not be handed over: nothing of it runs and no window gets it.

    If its cause is :class:`InDoubt`, the functions on the server may run all the same.

    `signal` is the signal's name, `reason` what failed, `to` the destinations in readable form.

    >>> str(SignalNotSent("cart.add", "Redis does not answer", ["SERVER"]))
    'the signal "cart.add" to SERVER was not sent: Redis does not answer'
    """

    def __init__(self, signal: str, reason: str, to: Iterable[str] = ()) -> None:
        self.signal = signal
        self.reason = reason
        self.to = tuple(to)
        super().__init__(signal, reason, self.to)

    def __str__(self) -> str:
        where = f" to {', '.join(self.to)}" if self.to else ""
        return f'the signal "{self.signal}"{where} was not sent: {self.reason}'


class Unreachable(ConnectionError):
    """A part that the site stands on (Redis, a channel layer, a broker) does not answer.

    The message names the setting that says where it is.

    >>> str(Unreachable("WEBSOCKET_REDIS_CONNECTION (localhost:6379, db 3): refused"))
    'WEBSOCKET_REDIS_CONNECTION (localhost:6379, db 3): refused'
    """


class InDoubt(Unreachable):
    """A part does not answer any more, and nobody can say whether it took what it was sent.

    >>> str(InDoubt("CELERY_BROKER_URL (the broker, redis://host/0): timed out; it may run"))
    'CELERY_BROKER_URL (the broker, redis://host/0): timed out; it may run'
    """

"""A contract for tests of the bus: the module's name makes it a service called `echo`."""

from services.kit.refusal import Conflict
from services.kit.wire import Request, request, value


class TooLoud(Conflict):
    """The neighbours sleep."""


@value
class Said:
    text: str


@request
class Say(Request[Said]):
    text: str


@request
class SayTwice(Request[Said]):
    text: str


@request
class Confide(Request[Said]):
    never_kept = ("secret",)

    text: str
    secret: str


@request
class Whisper(Request[Said]):
    """Never answered."""

    text: str


@request
class Shout(Request[Said]):
    """Refused as TooLoud."""

    text: str


@request
class Stumble(Request[Said]):
    """Answered with an error that is no refusal, as stock nameko does."""

    text: str


@request
class Mumble(Request[Said]):
    """Answered with what is no Said."""

    text: str

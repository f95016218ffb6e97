"""The smallest contract: what is said comes back. As a contract's module names its service, this one is `echo`."""

from services.kit.wire import Event, Request, event, request, value


@value
class Said:
    text: str


@request
class Say(Request[Said]):
    text: str


@event
class NoteTaken(Event):
    """What the handler of goal 6 hears; as long as a booking's confirmation."""

    aggregate = "note_id"

    note_id: str
    amount_minor: int
    text: str

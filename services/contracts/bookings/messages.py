"""Messages about reservations in formats of others (XML), and the answers that these formats have for them."""

from __future__ import annotations

from services.kit.wire import Request, request, value


@value
class MessageAnswer:
    """The answer as it goes out: XML for UTF-8, or the line of text that AlpineBits has for some actions."""

    document: str


@request
class ReceiveOpenTravel(Request[MessageAnswer]):
    """An OpenTravel message, its bytes in base64. `source` is what its sender is known as, where the caller knows.

    Always answered, also where nothing of it could be taken in; the reservations in it are taken in each for itself.
    """

    document: str
    source: str | None = None


@request
class ReceiveGuestRequests(Request[MessageAnswer]):
    """AlpineBits GuestRequests, pushed (OTA_HotelResNotifRQ) or pulled by us (OTA_ResRetrieveRS), in base64.

    Refuses with NotANotice what cannot be read or is neither.
    """

    document: str
    source: str | None = None


@request
class GreetAlpineBits(Request[MessageAnswer]):
    """What AlpineBits asks before it says anything: OTA_Ping:Handshaking, getVersion, getCapabilities.

    Refuses with NotAnAction what is none of these, with NotANotice a handshake that cannot be read.
    """

    action: str
    version: str | None = None
    document: str = ""

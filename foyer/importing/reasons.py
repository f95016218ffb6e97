"""What the reasons mean for which notices were ignored or parked, and what helps."""

from __future__ import annotations

from typing import Final

_REPLAY: Final = "then POST /v1/inbound/notices/{id}/replay"
_OVER: Final = "What came before counts: a booking in this state takes no such change any more."

_EXPLAINED: Final = {
    "stale revision": "A revision as high or higher was applied before: this one has nothing new to say.",
    "cancel of unknown booking": "Remembered: should its `new` come, the booking is opened and cancelled as of then.",
    "booking is cancelled": "A cancelled booking is never changed again.",
    "booking is departed": _OVER,
    "booking is no_show": _OVER,
    "booking is in_house": _OVER,
    "unknown-property": f"Set the property up (PUT /v1/properties/{{code}}), {_REPLAY}.",
    "unknown-room-type": f"Add the room type to the property (PUT /v1/properties/{{code}}), {_REPLAY}.",
    "wrong-currency": "The property takes another currency: the sender has to send its prices in that.",
    "another-property": "The booking is at another property: the sender has to cancel it and send a new one.",
    "dates-do-not-fit": "With what is known of the booking the dates do not fit together: the sender has to mend that.",
    "unknown-booking": "It says too little to open a booking by, and is applied by itself when the `new` notice comes.",
}


def explained(why: str) -> str:
    """A sentence for a reason's code."""
    return _EXPLAINED.get(why, f"Mend what the notice lacks (GET /v1/inbound/notices/{{id}} says it), {_REPLAY}.")

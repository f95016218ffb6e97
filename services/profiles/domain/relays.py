"""The rules about identifiers that a new register begins with: relays of booking sites, agencies' own addresses,
placeholders, public mail.

Collected from the sites' documents and from what hoteliers report, with how sure we are of each. From then on they are
data that a house edits (services/profiles/store/identifiers.py); these are what its migrations put there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.profiles.domain.names import words

Confidence = Literal["sure", "likely"]


@dataclass(frozen=True)
class Relay:
    """A domain (and whatever is below it) whose addresses forward to a guest or belong to an agency."""

    domain: str
    site: str
    confidence: Confidence


def _relays(site: str, sure: str, likely: str = "") -> list[Relay]:
    named: list[tuple[Confidence, str]] = [("sure", sure), ("likely", likely)]
    return [Relay(domain, site, confidence) for confidence, domains in named for domain in domains.split()]


RELAYS = (
    *_relays(
        "Booking.com",
        "guest.booking.com mchat.booking.com",
        "property.booking.com message.booking.com reservations.booking.com noreply.booking.com",
    ),
    *_relays(
        "Airbnb",
        "guest.airbnb.com reply.airbnb.com",
        "guests.airbnb.com stay.airbnb.com host.airbnb.com automated.airbnb.com",
    ),
    *_relays(
        "Expedia",
        "m.expediapartnercentral.com guest.expediapartnercentral.com",
        "expediapartnercentral.com guest.expedia.com stay.expedia.com partners.expediagroup.com guest.hotels.com",
    ),
    *_relays("Vrbo", "messages.homeaway.com m.vrbo.com", "guest.vrbo.com messages.vrbo.com"),
    *_relays(
        "Agoda",
        "agoda-messaging.com guest.agoda.com",
        "message.agoda.com reply.agoda.com partners.agoda.com",
    ),
    *_relays("Trip.com", "guest.trip.com", "guest.ctrip.com"),
    *_relays("Apple", "privaterelay.appleid.com"),
    *_relays("Klook", "", "guest.klook.com"),
    *_relays("Traveloka", "", "guest.traveloka.com"),
    *_relays("agency", "", "makemytrip.com cleartrip.com easemytrip.com ixigo.com"),
)

# One address of an agency that stands on every booking it sends.
AGENCY_ADDRESSES = {"ctriphotelreshk@ctrip.com": Relay("ctrip.com", "Trip.com", "sure")}

# What people and front desks type where a system demands an address.
PLACEHOLDER_NAMES = words(
    "noreply no-reply no.reply no_reply donotreply do-not-reply do.not.reply do_not_reply none na n.a n-a noemail"
    " no-email no.email no_email nomail no-mail no.mail no_mail noaddress unknown notprovided not-provided"
    " not.provided notgiven notavailable not-available nil null undefined test testing tester email e-mail mail"
    " example sample dummy fake asdf qwerty abc xyz x xx xxx xxxx"
)
PLACEHOLDER_DOMAINS = words(
    "none.com none.none none.net none.org no.com noemail.com noemail.net no-email.com nomail.com nomail.net no-mail.com"
    " na.com unknown.com notprovided.com noreply.com test.com test.test fake.com nowhere.com nope.com asdf.com"
    " xxx.com abc.abc"
)

# Where anybody has a mailbox: such a domain says nothing about a company.
PUBLIC_MAIL = words(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com aol.com"
    " gmx.de gmx.net gmx.com web.de t-online.de freenet.de mail.com mail.ru yandex.ru proton.me protonmail.com sapo.pt"
    " orange.fr free.fr laposte.net wanadoo.fr libero.it hotmail.it yahoo.it yahoo.fr yahoo.es yahoo.co.uk"
    " hotmail.co.uk hotmail.es hotmail.fr btinternet.com qq.com 163.com 126.com naver.com uol.com.br bol.com.br"
    " wp.pl o2.pl seznam.cz"
)


def seed() -> list[dict[str, str | None]]:
    """As rows of rules: a relay's domain stands with whatever is below it."""
    domains = [_row("domain", f".{r.domain}", _means(r), r.site, r.confidence) for r in RELAYS]
    addresses = [_row("address", address, "agency", r.site, r.confidence) for address, r in AGENCY_ADDRESSES.items()]
    nobody = [_row("name", name, "placeholder") for name in sorted(PLACEHOLDER_NAMES)]
    nowhere = [_row("domain", domain, "placeholder") for domain in sorted(PLACEHOLDER_DOMAINS)]
    return [*domains, *addresses, *nobody, *nowhere]


def public() -> list[dict[str, str | None]]:
    """The same of public mail: a row for each domain alone, as those below it are somebody's own."""
    return [_row("domain", domain, "public") for domain in sorted(PUBLIC_MAIL)]


def _means(relay: Relay) -> str:
    return "agency" if relay.site == "agency" else "relay"


def _row(
    kind: str, pattern: str, means: str, site: str | None = None, confidence: Confidence = "sure"
) -> dict[str, str | None]:
    return {"kind": kind, "pattern": pattern, "means": means, "site": site, "confidence": confidence}

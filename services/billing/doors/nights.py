"""Nights: with each that is over, its part of what was owed for the stay is earned."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from functools import partial
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from services.billing import domain, store
from services.billing.domain import Folio
from services.billing.doors import charging
from services.billing.doors.stays import zone_of
from services.billing.doors.telling import MOST_TRIES, tell
from services.billing.store import FolioRow, Journal, Moved
from services.contracts.billing import PropertyTaxes
from services.contracts.bookings import BookingFacts
from services.kit.context import Context
from services.kit.db import Tx
from services.kit.doors import Service, every

MOST_FOLIOS = 2000  # of one run; the next takes the others
_LOG = logging.getLogger(__name__)


class Nights(Service):
    @every(seconds=60)
    def recognise_nights(self, tx: Tx) -> None:
        """A hotel's day ends at 04:00 by its own clock; then the nights before it of who is in house are earned.

        Each folio is a transaction of its own, and what is over and not recognised is found anew each time: so a run
        that was broken off, or did not take place for days, is made good by the next. A confirmed stay whose guest
        has not been checked in may be a no-show: nothing of it is earned by the clock.
        """
        given = Context(actor=f"service:{self.name}")
        zones = _days(tx)
        for facts in store.due_nights(tx, zones, MOST_FOLIOS) if zones else ():
            try:
                self.db.writing(given, partial(_recognise, zones, facts))
            except (OperationalError, NoConnection):
                raise  # the database does not answer: the next run goes on from here
            except Exception:  # the others' nights do not wait for this one
                _LOG.exception("the nights of booking %s could not be recognised", facts.booking_id)


def _days(tx: Tx) -> dict[str, date]:
    """The hotel's day in each zone where somebody is in house."""
    days = {}
    for zone in store.zones_in_house(tx):
        try:
            days[zone] = domain.business_date(tx.now, zone)
        except (ZoneInfoNotFoundError, ValueError):
            _LOG.error("there is no time zone %s", zone)
    return days


def _recognise(zones: dict[str, date], facts: BookingFacts, tx: Tx) -> None:
    """One journal for each night that is over; before them one more if what was posted is not what the rules say."""
    said: BookingFacts | None = facts
    for _ in range(MOST_TRIES):
        if said is None:
            return
        seen, taxes = store.lock_guest_and_read(tx, said.payer_profile_id, said.booking_id, said.property_id)
        if seen is None or seen.seen_version != said.version:
            said = store.facts_of_booking(tx, facts.booking_id)
            continue
        if seen.folio.payer_id != said.payer_profile_id:
            store.lock_guest(tx, seen.folio.payer_id)
        today = zones.get(zone_of(said, taxes) or "")
        try:
            if today:
                _post_nights(tx, seen, said, taxes, today)
        except Moved:
            continue
        return
    raise Moved


def _post_nights(tx: Tx, seen: FolioRow, facts: BookingFacts, taxes: PropertyTaxes | None, today: date) -> None:
    steps: list[tuple[date | None, Folio]] = [*domain.steps(seen.folio, facts, taxes, today)]
    as_it_is = domain.target(seen.folio, facts, taxes)
    if steps and domain.journal_to(seen.folio, as_it_is):
        steps.insert(0, (None, as_it_is))
    for night, after in steps:
        entries = domain.journal_to(seen.folio, after)
        kind = "night" if night else domain.story(seen.folio, after, facts.state)
        rated = domain.rated(seen.folio, after, facts, taxes)
        journal = Journal(kind, entries, business_date=night, rated=rated) if entries else None
        has_credit = store.post_stay(tx, seen, facts, after, journal, zone_of(facts, taxes))
        owed_anew = has_credit and seen.folio.owed() != after.owed()
        tell(tx, seen, after, seen.version + 1, journal, [after.payer_id] if owed_anew else [], facts)
        seen = charging.bound_credits(tx, replace(seen, folio=after, version=seen.version + 1))

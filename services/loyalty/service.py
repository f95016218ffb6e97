"""The doors of loyalty."""

from __future__ import annotations

from uuid import UUID

from services.contracts.billing import RevenuePosted
from services.contracts.bookings import BookingCheckedIn, BookingConfirmed, BookingMoved
from services.contracts.loyalty import (
    Lot,
    LoyaltyAccount,
    LoyaltyAccountOpened,
    LoyaltyPointsChanged,
    LoyaltyTierChanged,
    ReadLoyalty,
)
from services.kit.db import Tx
from services.kit.doors import Service, every, query, subscribe
from services.loyalty import domain, store
from services.loyalty.store import Moved

_TRIES = 5
_MOST_LOTS = 200
_REVIEWED_AT_ONCE = 100


class LoyaltyService(Service):
    name = "loyalty"

    @subscribe(BookingConfirmed, together=True)
    def open_account(self, tx: Tx, event: BookingConfirmed) -> None:
        """Whoever stays is a member from the first confirmed stay on; the payer is not, unless they stay."""
        _open(tx, event.booking.profile_id)

    @subscribe(BookingCheckedIn, together=True)
    def open_account_at_arrival(self, tx: Tx, event: BookingCheckedIn) -> None:
        """For whoever was already here when they were identified: such a stay is not announced as confirmed."""
        _open(tx, event.booking.profile_id)

    @subscribe(BookingMoved, together=True)
    def open_account_of_guest(self, tx: Tx, event: BookingMoved) -> None:
        """For whom the guest turned out to be. The points of the stay come as its revenue is told anew."""
        if event.booking and event.booking.state in ("confirmed", "in_house", "departed"):
            _open(tx, event.booking.profile_id)

    @subscribe(RevenuePosted, together=True)
    def bring_points(self, tx: Tx, event: RevenuePosted) -> None:
        """Bring the points of this revenue to what its total so far is worth; older totals say nothing."""
        for _ in range(_TRIES):
            seen = store.seen(tx, event)
            if seen.version >= event.version:
                return
            points = domain.points_for(event.total, event.kind, event.property_id, seen.rules)
            changes = domain.moves(seen.lot, event.profile_id, points)
            try:
                accounts = store.keep_lot(tx, event, seen, points, changes)
            except Moved:
                continue
            for account in accounts:
                _tell(tx, account, changes[account.profile_id], event.booking_id)
            return
        raise Moved

    @every(seconds=86_400)
    def review_tiers(self, tx: Tx) -> None:
        """Bring down the tiers of members whose stays have grown too old to count, some members at a time."""
        after: UUID | None = UUID(int=0)
        while after is not None:
            after = self.db.writing(tx.context, lambda own, last=after: _review_some(own, last))

    @query
    def read_loyalty(self, tx: Tx, request: ReadLoyalty) -> LoyaltyAccount:
        found = store.account(tx, request.profile_id)
        if found is None:
            return LoyaltyAccount(
                profile_id=request.profile_id, open=False, points=0, tier=domain.LOWEST_TIER, nights=0
            )
        return LoyaltyAccount(
            profile_id=request.profile_id,
            open=True,
            points=found.points,
            tier=found.tier,
            nights=store.nights(tx, request.profile_id),
            lots=tuple(
                Lot(
                    id=row.id,
                    booking_id=row.booking_id,
                    kind=row.kind,
                    points=row.points,
                    left=row.left,
                    state="earned" if row.points else "reversed",
                    earned_at=row.earned_at,
                    expires_on=row.expires_on,
                )
                # each is of a booking: who is limited to some properties is told the whole organisation's sum alone
                for row in (store.lots(tx, request.profile_id, _MOST_LOTS) if tx.context.properties is None else ())
            ),
            opened_at=found.opened_at,
        )


def _open(tx: Tx, profile_id: UUID) -> None:
    if store.open_account(tx, profile_id):
        tx.announce(LoyaltyAccountOpened(profile_id=profile_id, version=1))


def _tell(tx: Tx, account: store.AccountRow, delta: int, booking_id: UUID) -> None:
    """Announce what changed on an account, and the tier that follows from it.

    The account has been written, so its lock is held: no other change of the member's stays can slip in between.
    """
    if account.opened:
        tx.announce(LoyaltyAccountOpened(profile_id=account.profile_id, version=account.version))
    if delta:
        tx.announce(
            LoyaltyPointsChanged(
                profile_id=account.profile_id,
                version=account.version,
                points=account.points,
                delta=delta,
                booking_id=booking_id,
            )
        )
    _review(tx, account.profile_id, account.tier)


def _review(tx: Tx, profile_id: UUID, present: str) -> None:
    tier = domain.tier_of(store.tiers(tx, profile_id))
    version = store.set_tier(tx, profile_id, tier) if tier != present else None
    if version:
        tx.announce(LoyaltyTierChanged(profile_id=profile_id, version=version, tier=tier))


def _review_some(tx: Tx, after: UUID) -> UUID | None:
    """Answers the last member looked at; nothing where there are no more."""
    members = store.to_review(tx, after, _REVIEWED_AT_ONCE)
    for profile_id, tier in members:
        _review(tx, profile_id, tier)
    return members[-1][0] if members else None

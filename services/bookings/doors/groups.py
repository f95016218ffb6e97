"""Groups: rooms blocked, picked up, released at the cut-off, and cancelled with their bookings."""

from __future__ import annotations

from datetime import date

from services.bookings.domain import groups as rules
from services.bookings.domain import life
from services.bookings.domain.blocks import Block
from services.bookings.domain.booking import Booking, flagged, moved
from services.bookings.domain.groups import Group
from services.bookings.domain.limits import FLAGS, edges, refusal
from services.bookings.domain.nights import NOTHING, Holding, change_of
from services.bookings.domain.occasions import group_changed
from services.bookings.doors import listing
from services.bookings.doors.keeping import keep, shown
from services.bookings.doors.keeping import opened as keep_new
from services.bookings.doors.routing import refuse_others
from services.bookings.store import assigning, blocks, functions, groups, nights, people, properties
from services.contracts import bookings as contract
from services.contracts.bookings import (
    BlockedNight,
    CancelGroup,
    ChangeGroup,
    DoNotBook,
    FindGroups,
    GroupExists,
    GroupsFound,
    GroupState,
    GroupSummary,
    OpenGroup,
    PickUpRooms,
    Property,
    ReadGroup,
)
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import command, every, query

AT_ONCE = 100  # bookings cancelled in one transaction


class Groups:
    @command
    def open_group(self, tx: Tx, request: OpenGroup) -> contract.Group:
        house = properties.read(tx, request.property)
        group = rules.opened(request, house, tx.now)
        if not groups.add(tx, group, house.id):
            raise GroupExists
        (block,) = blocks.locked(tx, [group.code])
        _hold(tx, None, block)
        tx.announce(group_changed(group, house.id))
        return _shown(tx, group.code, house)

    @command
    def change_group(self, tx: Tx, request: ChangeGroup) -> contract.Group:
        groups.read(tx, request.code)
        locked = blocks.locked(tx, [request.code])
        before, property_id = groups.read(tx, request.code)
        house = properties.read(tx, str(property_id))
        after = rules.changed(before, request, house, tx.now)
        if after != before:
            groups.save(tx, after)
            _hold(tx, locked[0], *blocks.locked(tx, [after.code]))
            tx.announce(group_changed(after, property_id, before))
        return _shown(tx, after.code, house)

    @command
    def cancel_group(self, tx: Tx, request: CancelGroup) -> contract.Group:
        group, property_id = groups.read(tx, request.code)
        if group.state != "cancelled":
            _cancel(tx, group.code, by_staff=True)
        return _shown(tx, group.code, properties.read(tx, str(property_id)))

    @command
    def pick_up_rooms(self, tx: Tx, request: PickUpRooms) -> contract.Booking:
        said = request.booking
        house = properties.read(tx, said.property)
        group, property_id = groups.read(tx, request.group)
        rules.refuse_elsewhere(house, properties.read(tx, str(property_id)).code)
        new = rules.picked_up(group, house, said, tx.now)
        if people.any_unwelcome(tx, new.profile_ids):
            raise DoNotBook
        return shown(keep_new(tx, picked_up(tx, new)))

    @query
    def read_group(self, tx: Tx, request: ReadGroup) -> contract.Group:
        return _shown(tx, request.code, None)

    @query
    def find_groups(self, tx: Tx, request: FindGroups) -> GroupsFound:
        limit = listing.limit(request.limit)
        found = groups.find(
            tx,
            property_id=properties.asked_for(tx, request.property),
            state=request.state,
            after=listing.position(request.cursor, date.fromisoformat, str),
            limit=limit + 1,
        )
        more = listing.cursor_of(found[limit - 1][0].arrival, found[limit - 1][0].code) if len(found) > limit else None
        items = (
            GroupSummary(
                code=row.code,
                version=row.version,
                state=row.state,
                name=row.name,
                property=row.property,
                arrival=row.arrival,
                departure=row.departure,
                cut_off=row.cut_off,
                blocked=sum(block.agreed.values()),
                picked_up=sum(block.picked_up.values()),
                left=block.left().total(),
            )
            for row, block in found[:limit]
        )
        return GroupsFound(items=tuple(items), next=more)

    @every(seconds=30)
    def release_blocks(self, tx: Tx) -> None:
        """At the cut-off what is left is sold to anybody. All that it concerns are released as one change."""
        locked = blocks.locked(tx, groups.past_cut_off(tx))
        due = set(groups.past_cut_off(tx))  # somebody may have put it off until the lock was had
        given = [block for block in locked if block.code in due]
        if given:
            nights.shift(tx, change_of((block.left(), {}) for block in given))
            for event in groups.set_state(tx, [block.code for block in given], "released"):
                tx.announce(event)

    @every(seconds=5)
    def cancel_bookings_of_groups(self, tx: Tx) -> None:
        """Go on where a group has more bookings than are cancelled at once."""
        code = groups.cancelling(tx)
        if code:
            _cancel(tx, code, by_staff=False)


def picked_up(tx: Tx, new: Booking, *, sold_elsewhere: bool = False) -> Booking:
    """Take the rooms of a new booking of a group. What there is not is refused; a booking sold elsewhere is flagged."""
    limits = nights.move(tx, NOTHING, new.holding, edges(new) if new.state in life.OPEN else ())
    if limits and not sold_elsewhere:
        raise refusal(limits)
    for flag in sorted({FLAGS[limit.why] for limit in limits}):
        new = flagged(new, flag)
    return new


def _hold(tx: Tx, before: Block | None, after: Block) -> None:
    """Bring the nights to what a block holds now; refuses with Closed and NoRoomLeft."""
    limits = nights.shift(tx, change_of([(before.left() if before else {}, after.left())]))
    if limits:
        raise refusal(limits)


def _cancel(tx: Tx, code: str, *, by_staff: bool) -> None:
    """Give the rest of the block back, and cancel bookings: their rows are locked first, then the group's, then the
    nights, which are given back as one change, then the rooms of the house that they have.
    """
    chosen = groups.lock_to_cancel(tx, code, AT_ONCE)
    for booking in chosen if by_staff else ():
        refuse_others(tx, booking.id)
    (block,) = blocks.locked(tx, [code])
    by = tx.context.actor
    ended = [(before, moved(before, "cancelled", tx.now, reason="group-cancelled", by=by)) for before in chosen]
    held = Holding(tuple(span for before, _ in ended for span in before.holding.spans))
    nights.shift(tx, change_of([(block.left() + held.nights(), {})]))
    assigning.lock_rooms(tx, {each.room_id for each in assigning.of_bookings(tx, [before.id for before in chosen])})
    for before, after in ended:
        keep(tx, after, before)
    ended_functions = functions.cancel_of_group(tx, code)
    state: GroupState = "cancelling" if groups.any_to_cancel(tx, code) else "cancelled"
    for event in (*ended_functions, *groups.set_state(tx, [code], state)):
        tx.announce(event)


def _shown(tx: Tx, code: str, house: Property | None) -> contract.Group:
    group, block, property_id = groups.with_block(tx, code)
    house = house or properties.read(tx, str(property_id))
    return contract.Group(
        code=group.code,
        version=group.version,
        state=group.state,
        name=group.name,
        property_id=house.id,
        property=house.code,
        arrival=group.arrival,
        departure=group.departure,
        cut_off=group.cut_off,
        may_exceed=group.may_exceed,
        rate=group.rate,
        contact=group.contact,
        nights=_nights(group, block, house.currency),
        bookings=groups.bookings(tx, code),
        opened_at=group.opened_at,
        changed_at=group.changed_at,
    )


def _nights(group: Group, block: Block, currency: str) -> tuple[BlockedNight, ...]:
    """Those agreed on, and others on which the group's bookings stay; by room type and night."""
    left, found = block.left(), []
    for room_type, night in {**block.agreed, **block.picked_up}:
        agreed = group.nights.get((room_type, night))
        price = agreed.price_minor if agreed else None
        found.append(
            BlockedNight(
                room_type=block.codes[room_type],
                night=night,
                blocked=agreed.rooms if agreed else 0,
                picked_up=block.picked_up.get((room_type, night), 0),
                left=left[room_type, night],
                price=None if price is None else Money(amount_minor=price, currency=currency),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.room_type, each.night)))

"""A guest of several bookings turns out to be one person: everything follows, in every service."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import ARRIVAL, DEPARTURE, EUR, TODAY, House

pytestmark = pytest.mark.servers

REAL = "ana.silva@sapo.example.org"
_LEFT = """
    SELECT p.id FROM profiles p JOIN known_stays k ON k.profile_id = p.id
    WHERE p.merged_into IS NOT NULL AND k.state <> 'left'
"""


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def notice(house: House, ref: str, **booker: Any) -> Any:
    """A booking that an agency tells of, with a relay address; answers it as it stands."""
    said = {
        "source": "channel-manager",
        "external_id": ref,
        "revision": 1,
        "status": "new",
        "property": "LIS-CITY",
        "channel": "booking.com",
        "arrival": str(ARRIVAL),
        "departure": str(DEPARTURE),
        "rooms": [{"room_type": "A", "adults": 2, "children": 0, "price": EUR}],
        "booker": {
            "given_name": "Ana",
            "family_name": "Silva",
            "email": f"{ref.lower()}@guest.booking.com",
            "language": "pt",
            "country": "PT",
            "consents": [{"purpose": "marketing", "channel": "email", "granted": True, "wording": "newsletter:yes"}],
            **booker,
        },
    }
    house.does("POST", "/v1/inbound/bookings", said)
    (booking,) = house.does("GET", f"/v1/bookings?external_ref={ref}")["items"]
    return booking


def guest_of(booking: Any) -> str:
    return str(booking["people"][0]["profile_id"])


def gives(house: House, profile_id: str, address: str = REAL) -> Any:
    """The desk writes the guest's real e-mail onto the card, and knows that somebody has it already."""
    known = house.does("GET", f"/v1/profiles/{profile_id}")
    emails = [*({"address": e["address"]} for e in known["emails"]), {"address": address, "primary": True}]
    body = {"emails": emails}
    answer = house.calls("PATCH", f"/v1/profiles/{profile_id}", body, If_Match=f'"{known["version"]}"')
    if answer.status_code == 409:
        confirm = [c["id"] for c in answer.get_json(force=True)["candidates"]]
        body = {**body, "confirm": confirm}
        answer = house.calls("PATCH", f"/v1/profiles/{profile_id}", body, If_Match=f'"{known["version"]}"')
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_the_real_address_given_later_makes_one_guest_of_several_bookings(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    direct = house.books({"profile_id": ana})
    first, second = notice(house, "BDC-1"), notice(house, "BDC-2")
    assert len({ana, guest_of(first), guest_of(second)}) == 3
    for booking in (first, second):
        gives(house, guest_of(booking))
    found = house.does("GET", "/v1/profiles?q=silva")["items"]
    assert [p["id"] for p in found] == [ana]
    view = house.does("GET", f"/v1/profiles/{ana}/view")
    assert {b["id"] for b in view["bookings"]} == {direct["id"], first["id"], second["id"]}
    assert {e["address"] for e in view["profile"]["emails"]} >= {"bdc-1@guest.booking.com", "bdc-2@guest.booking.com"}
    assert view["balance"]["balances"][0]["owed"]["amount"] == "900.00"
    assert len([m for m in view["messages"] if m["booking_id"] in (first["id"], second["id"])]) >= 2
    granted = [s for s in view["consents"]["states"] if (s["purpose"], s["channel"]) == ("marketing", "email")]
    assert granted[0]["granted"]


def test_a_retired_profile_answers_with_the_survivor(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    old = guest_of(notice(house, "BDC-1"))
    gives(house, old)
    found = house.does("GET", f"/v1/profiles/{old}")
    assert (found["id"], found["merged_into"]) == (ana, ana)
    assert house.does("GET", f"/v1/profiles/{old}/view")["profile"]["merged_into"] == ana
    assert house.does("GET", f"/v1/profiles/{ana}")["merged_into"] is None
    again = house.books({"profile_id": old})
    assert guest_of(again) == ana
    assert house.databases.admin("profiles").execute(_LEFT).fetchall() == []


def test_both_time_lines_say_that_a_booking_moved(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    bruno = house.knows("Bruno", "Costa")
    booking = house.books({"profile_id": bruno})
    house.does("POST", f"/v1/bookings/{booking['id']}/move", {"from": bruno, "to": ana, "why": "He booked for her."})
    for who in (ana, bruno):
        moves = house.does("GET", f"/v1/profiles/{who}/timeline?kind=move")["items"]
        assert [m["booking_id"] for m in moves] == [booking["id"]]
    (move,) = house.does("GET", f"/v1/bookings/{booking['id']}/moves")["items"]
    assert (move["from_profile_id"], move["to_profile_id"], move["why"]) == (bruno, ana, "He booked for her.")
    stays = house.does("GET", f"/v1/profiles/{bruno}/timeline?kind=stay")["items"]
    assert all(s["what"] == "booking.left" for s in stays) or stays == []


def test_both_time_lines_say_why_a_booking_moved_by_itself(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1")
    old = guest_of(booking)
    house.does("POST", f"/v1/profiles/{old}/notes", {"text": "Wants a high floor."})  # so that the card stays
    gives(house, old)
    for who in (ana, old):
        (move,) = house.does("GET", f"/v1/profiles/{who}/timeline?kind=move")["items"]
        assert (move["what"], move["booking_id"]) == ("booking.moved", booking["id"])
        assert move["facts"] == {"from": old, "to": ana, "by_hand": False, "why": "same-email-and-name"}
    (told,) = house.does("GET", f"/v1/bookings/{booking['id']}/moves")["items"]
    assert told["why"] == "same-email-and-name"


def test_a_booking_goes_back_by_hand_and_nothing_takes_it_there_again(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1")
    old = guest_of(booking)
    house.does("POST", f"/v1/profiles/{old}/notes", {"text": "Another Ana Silva, who uses her mailbox."})
    gives(house, old)
    house.does("POST", f"/v1/bookings/{booking['id']}/move", {"from": ana, "to": old, "why": "It was her mother."})
    (pair,) = house.does("GET", "/v1/duplicates")["items"]
    house.does("POST", f"/v1/duplicates/{pair['id']}", {"decision": "different"})
    known = house.does("GET", f"/v1/profiles/{old}")
    changed = {"birth_date": "1955-04-01", "confirm": [ana]}
    house.does("PATCH", f"/v1/profiles/{old}", changed, If_Match=f'"{known["version"]}"')
    said = notice(house, "BDC-1", family_name="Silva", language="en")  # its source tells it once more
    assert guest_of(said) == guest_of(house.booking(booking)) == old
    for who in (ana, old):
        moves = house.does("GET", f"/v1/profiles/{who}/timeline?kind=move")["items"]
        assert [(m["facts"]["to"], m["facts"]["by_hand"]) for m in moves] == [(old, True), (ana, False)]
    assert house.owes(old) == "300.00"
    assert house.owes(ana) in ("0.00", "nothing")


def test_a_message_that_waits_to_be_sent_is_of_whom_the_booking_moves_to(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1")
    old = guest_of(booking)
    house.databases.admin("notifier").execute(
        "UPDATE messages SET state = 'waiting', next_try_at = now() + interval '1 hour' WHERE booking_id = %s",
        [booking["id"]],
    )
    gives(house, old)
    assert [m["state"] for m in house.messages(ana) if m["booking_id"] == booking["id"]] == ["waiting"]
    left = "SELECT count(*) FROM messages WHERE profile_id = %s"
    assert house.databases.admin("notifier").execute(left, [old]).fetchone() == (0,)


def test_what_was_paid_for_a_booking_is_the_credit_of_whom_it_moves_to(house):
    ana, bruno = house.knows("Ana", emails=[{"address": REAL}]), house.knows("Bruno", "Costa")
    booking = house.books({"profile_id": bruno})
    paid = {
        "payer": bruno,
        "booking_id": booking["id"],
        "amount": {"amount": "100.00", "currency": "EUR"},
        "method": "card",
    }
    payment = house.does("POST", "/v1/payments", paid, Idempotency_Key=uuid.uuid4().hex)
    house.does("POST", f"/v1/bookings/{booking['id']}/move", {"from": bruno, "to": ana, "why": "Hers."})
    (hers,) = house.does("GET", f"/v1/profiles/{ana}/account")["balances"]
    assert (hers["balance"]["amount"], hers["owed"]["amount"]) == ("200.00", "200.00")
    his = house.does("GET", f"/v1/profiles/{bruno}/account")["balances"]
    assert [b["balance"]["amount"] for b in his] in ([], ["0.00"])
    (listed,) = house.does("GET", f"/v1/payments?profile={ana}")["items"]
    assert listed["id"] == payment["id"]
    assert house.does("GET", f"/v1/payments?profile={bruno}")["items"] == []
    lines = house.does("GET", f"/v1/profiles/{bruno}/account")["lines"]
    assert {"move", "payer-change"} <= {line["kind"] for line in lines}
    # once more, and nothing more happens
    house.does("POST", f"/v1/bookings/{booking['id']}/move", {"from": bruno, "to": ana, "why": "Hers."})
    assert house.does("GET", f"/v1/profiles/{ana}/account")["balances"] == [hers]
    assert len(house.does("GET", f"/v1/bookings/{booking['id']}/moves")["items"]) == 1


def test_points_of_a_departed_stay_go_to_whom_it_moves_to_once(house):
    ana, bruno = house.knows("Ana", emails=[{"address": REAL}]), house.knows("Bruno", "Costa")
    booking = house.books({"profile_id": bruno}, arrival=str(TODAY))
    for step in ("check-in", "check-out"):
        house.does("POST", f"/v1/bookings/{booking['id']}/{step}")
    points = house.does("GET", f"/v1/profiles/{bruno}/loyalty")["points"]
    assert points > 0
    house.does("POST", f"/v1/bookings/{booking['id']}/move", {"from": bruno, "to": ana, "why": "Hers."})
    assert house.does("GET", f"/v1/profiles/{bruno}/loyalty")["points"] == 0
    assert house.does("GET", f"/v1/profiles/{ana}/loyalty")["points"] == points
    (guest,) = house.does("GET", f"/v1/bookings/{booking['id']}/people")["items"]
    assert guest["profile_id"] == ana


def test_a_cancelled_booking_moves_and_its_end_stays_as_it_was(house):
    ana, bruno = house.knows("Ana", emails=[{"address": REAL}]), house.knows("Bruno", "Costa")
    booking = house.books({"profile_id": bruno})
    ended = house.does("POST", f"/v1/bookings/{booking['id']}/cancel")
    moved = house.does("POST", f"/v1/bookings/{booking['id']}/move", {"from": bruno, "to": ana, "why": "Hers."})
    assert (moved["state"], moved["changed_at"]) == ("cancelled", ended["changed_at"])
    assert guest_of(moved) == ana


def test_a_booking_is_not_moved_from_somebody_who_is_not_on_it_nor_to_nobody(house):
    ana, bruno = house.knows("Ana", emails=[{"address": REAL}]), house.knows("Bruno", "Costa")
    booking = house.books({"profile_id": bruno})
    path = f"/v1/bookings/{booking['id']}/move"
    assert house.refuses("POST", path, {"from": ana, "to": bruno, "why": "?"}) == (409, "not-on-booking")
    assert house.refuses("POST", path, {"from": bruno, "to": str(uuid.uuid4()), "why": "?"}) == (422, "invalid")
    assert house.refuses("POST", path, {"from": bruno, "to": ana, "why": " "})[0] == 422
    assert house.refuses("POST", path, {"from": bruno, "to": house.company(), "why": "?"}) == (422, "invalid")


def test_a_card_with_a_note_of_its_own_stays_and_its_bookings_move(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1")
    old = guest_of(booking)
    house.does("POST", f"/v1/profiles/{old}/notes", {"text": "Wants a high floor."})
    gives(house, old)
    assert house.does("GET", f"/v1/profiles/{old}")["id"] == old
    assert guest_of(house.does("GET", f"/v1/bookings/{booking['id']}")) == ana
    (found,) = house.does("GET", f"/v1/profiles/{old}/duplicates")
    assert found["profile_id"] == ana
    assert found["reasons"][0]["code"] == "same-email-and-name"
    assert found["reasons"][0]["text"]


def test_who_was_said_to_be_different_is_never_suggested_again(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    old = guest_of(notice(house, "BDC-1"))
    house.does("POST", f"/v1/profiles/{old}/notes", {"text": "Wants a high floor."})
    gives(house, old)
    (pair,) = house.does("GET", "/v1/duplicates")["items"]
    assert set(pair["profile_ids"]) == {ana, old}
    path = f"/v1/duplicates/{pair['id']}"
    assert house.does("POST", path, {"decision": "different"})["state"] == "different"
    assert house.does("POST", path, {"decision": "different"})["state"] == "different"
    assert house.refuses("POST", path, {"decision": "same"}) == (409, "match-decided")
    assert house.does("GET", "/v1/duplicates")["items"] == []
    assert house.does("GET", f"/v1/profiles/{old}/duplicates") == []


def test_bookings_move_where_somebody_says_that_two_are_the_same(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    other = house.knows("Anna", emails=[{"address": "x@y.example.org"}], birth_date="1980-02-03")
    known = house.does("GET", f"/v1/profiles/{ana}")
    booking = house.books({"profile_id": other})
    house.does(
        "PATCH",
        f"/v1/profiles/{ana}",
        {"birth_date": "1980-02-03", "confirm": [other]},
        If_Match=f'"{known["version"]}"',
    )
    (pair,) = house.does("GET", "/v1/duplicates")["items"]
    house.does("POST", f"/v1/duplicates/{pair['id']}", {"decision": "same", "bookings_to": ana})
    assert guest_of(house.does("GET", f"/v1/bookings/{booking['id']}")) == ana


def test_a_house_chooses_how_sure_is_sure_within_bounds(house):
    assert house.does("GET", "/v1/matching-rules") == {"version": 1, "certain": 0.85, "review": 0.5}
    changed = house.does("PUT", "/v1/matching-rules", {"certain": 0.97, "review": 0.6}, If_Match='"1"')
    assert (changed["version"], changed["certain"]) == (2, 0.97)
    for wrong in ({"certain": 0.2, "review": 0.1}, {"certain": 1.5, "review": 0.5}, {"certain": 0.8, "review": 0.9}):
        assert house.refuses("PUT", "/v1/matching-rules", wrong, If_Match='"2"')[0] == 422
    assert house.refuses("PUT", "/v1/matching-rules", {"certain": 0.9, "review": 0.6}, If_Match='"1"')[0] == 412
    assert house.refuses("GET", "/v1/matching-rules", If_Match='"1"') == (412, "matching-has-changed")
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1", email=REAL, phone=None)
    assert guest_of(booking) != ana
    (found,) = house.does("GET", f"/v1/profiles/{ana}/duplicates")
    assert found["profile_id"] == guest_of(booking)


def test_a_call_from_before_a_profile_retired_is_repeated_with_one_effect(house):
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1")
    old = guest_of(booking)
    paid = {"payer": old, "booking_id": booking["id"], "amount": {"amount": "100.00", "currency": "EUR"}}
    first = house.does("POST", "/v1/payments", {**paid, "method": "card"}, Idempotency_Key="once")
    gives(house, old)
    assert house.does("GET", f"/v1/profiles/{old}")["merged_into"] == ana
    assert house.does("POST", "/v1/payments", {**paid, "method": "card"}, Idempotency_Key="once") == first
    assert house.owes(ana) == house.owes(old) == "200.00"

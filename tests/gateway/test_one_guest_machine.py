"""Whatever is learnt of guests, in whatever order services hear of it: everything ends with one living profile."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from gateway.app import build
from services.kit import config
from services.kit.doors import doors_of
from tests.databases import Databases
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import WAITING, AllServices
from tests.gateway.lisbon import ARRIVAL, DEPARTURE, EUR, TODAY

pytestmark = pytest.mark.servers

_TRIES = 8
_some = st.integers(0, 99)
_seeds = st.integers(0, 2**32)
_given_names = st.sampled_from(["Ana", "Anna", "Bruno"])
REAL = "ana.silva@sapo.example.org"


class Unordered(AllServices):
    """Delivers in any order and now and then twice; what could not be handled yet is delivered again later.

    The wish for a code comes once: the second time another one takes its place, which nobody is sent.
    """

    def __init__(self, databases: Databases) -> None:
        super().__init__(databases)
        self.on_the_way: list[tuple[str, Any, Any, int]] = []

    def deliver(self, chance: Random, most: int) -> None:
        """So many of the messages that are on their way."""
        for _ in range(most):
            self._collect(chance)
            if not self.on_the_way:
                return
            service, door, row, tries = self.on_the_way.pop(chance.randrange(len(self.on_the_way)))
            _, event_id, _, body, headers = row
            before = len(self.faults)
            self._carry(getattr(self._services[service], door), body.encode(), headers, str(event_id))
            if len(self.faults) > before and tries < _TRIES:
                self.faults.pop()
                self.on_the_way.append((service, door, row, tries + 1))

    def settle_unordered(self, chance: Random) -> None:
        while True:
            self.deliver(chance, 10_000)
            self._services["profiles"].sweep_retired()
            self._collect(chance)
            if not self.on_the_way:
                return

    def _collect(self, chance: Random) -> None:
        for announcer in config.SERVICES:
            outbox = self._databases.admin(announcer)
            for row in outbox.execute(WAITING).fetchall():
                for name, service in self._services.items():
                    for door in doors_of(type(service)):
                        if door.event is not None and door.event.routing_key() == row[2]:
                            twice = chance.random() < 0.2
                            self.on_the_way += [(name, door.name, row, 0)] * (1 + twice)
                outbox.execute("UPDATE outbox SET published_at = now() WHERE seq = %s", [row[0]])


class OneGuest(RuleBasedStateMachine):
    """The oracle keeps which cards and bookings there are, what was paid and what was agreed to, by the ids of then."""

    databases: Databases
    services: Unordered
    api: FlaskClient

    def __init__(self) -> None:
        super().__init__()
        for service in (*config.SERVICES, "gateway"):
            self.databases.empty(service)
        self.services.on_the_way.clear()
        self.services.faults.clear()
        house = {"name": "City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT"}
        house["room_types"] = [{"code": "A", "name": "Double", "capacity": 500}]  # type: ignore[assignment]
        self.does("PUT", "/v1/properties/LIS-CITY", house)
        self.cards: list[str] = []
        self.bookings: list[str] = []
        self.paid: list[tuple[str, str | None, int]] = []  # by whom, for which booking, euros
        self.said: list[tuple[str, bool]] = []  # by whom, whether marketing is welcome
        self.notes: list[str] = []
        self.chance = Random(0)

    @initialize(seed=_seeds)
    def begin(self, seed: int) -> None:
        self.chance = Random(seed)

    def does(self, method: str, path: str, body: Any = None, *accepted: int, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.api.open(path, method=method, json=body, headers=named)
        assert answer.status_code < 300 or answer.status_code in accepted, (method, path, answer.text)
        return answer.get_json(force=True) if answer.data else None

    def confirmed(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Any:
        """The desk sees that there is somebody like that, and means it all the same."""
        said = self.does(method, path, body, 409, **headers)
        if "candidates" in said:
            said = self.does(method, path, {**body, "confirm": [c["id"] for c in said["candidates"]]}, **headers)
        return said

    def card(self, some: int) -> str:
        return self.cards[some % len(self.cards)]

    def booking(self, some: int) -> Any:
        return self.does("GET", f"/v1/bookings/{self.bookings[some % len(self.bookings)]}")

    def guest_of(self, booking: Any) -> str | None:
        """None while nobody has been found to be it."""
        who = next(p["profile_id"] for p in booking["people"] if p["role"] == "primary")
        return who and str(who)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────

    @rule(given=_given_names, known=st.booleans())
    def a_card_is_written(self, given: str, known: bool) -> None:
        body: dict[str, Any] = {"given_name": given, "family_name": "Silva"}
        if known:
            body["emails"] = [{"address": REAL}]
        self.cards.append(self.confirmed("POST", "/v1/profiles", body)["id"])

    @rule(given=_given_names, real=st.booleans(), granted=st.booleans())
    def a_source_tells_of_a_booking(self, given: str, real: bool, granted: bool) -> None:
        ref = f"BDC-{len(self.bookings)}"
        email = REAL if real else f"{ref.lower()}@guest.booking.com"
        booker: dict[str, Any] = {"given_name": given, "family_name": "Silva", "email": email}
        if granted:
            booker["consents"] = [{"purpose": "marketing", "channel": "email", "granted": True, "wording": "1"}]
        said = {
            "source": "channel-manager", "external_id": ref, "revision": 1, "status": "new", "property": "LIS-CITY",
            "arrival": str(ARRIVAL), "departure": str(DEPARTURE), "rooms": [{"room_type": "A", "price": EUR}],
            "booker": booker,
        }  # fmt: skip
        self.bookings.append(self.does("POST", "/v1/inbound/bookings", said)["booking_id"])

    @precondition(lambda self: self.cards)
    @rule(some=_some, here=st.booleans())
    def a_guest_books(self, some: int, here: bool) -> None:
        """By the id that the hotel's page has kept, which may have retired since."""
        arrival = TODAY if here else ARRIVAL
        body = {
            "property": "LIS-CITY", "arrival": str(arrival), "departure": str(DEPARTURE),
            "rooms": [{"room_type": "A", "price": EUR}], "booker": {"profile_id": self.card(some)},
        }  # fmt: skip
        booking = self.does("POST", "/v1/bookings", body)["id"]
        self.bookings.append(booking)
        if here:
            self.does("POST", f"/v1/bookings/{booking}/check-in")

    @precondition(lambda self: self.bookings)
    @rule(some=_some)
    def a_guest_departs(self, some: int) -> None:
        booking = self.booking(some)
        if booking["state"] == "in_house":
            self.does("POST", f"/v1/bookings/{booking['id']}/check-out")

    @precondition(lambda self: self.bookings)
    @rule(some=_some)
    def the_desk_learns_the_real_address(self, some: int) -> None:
        if who := self.guest_of(self.booking(some)):
            known = self.does("GET", f"/v1/profiles/{who}")
            emails = [*({"address": e["address"]} for e in known["emails"]), {"address": REAL, "primary": True}]
            self.confirmed("PATCH", f"/v1/profiles/{who}", {"emails": emails}, If_Match="*")
            self.cards.append(who)

    @precondition(lambda self: self.cards)
    @rule(some=_some)
    def a_guest_proves_the_address(self, some: int) -> None:
        who = self.card(some)
        started = self.does("POST", f"/v1/profiles/{who}/verifications", {"address": REAL}, 409, 422, 429)
        if "type" in started:
            return
        self.services.settle_unordered(self.chance)
        codes = "SELECT text FROM messages WHERE template = 'verification_code' ORDER BY seq DESC LIMIT 1"
        (text,) = self.databases.admin("notifier").execute(codes).fetchone()  # type: ignore[misc]
        code = re.search(r"\d{6}", text)
        assert code
        self.does("POST", f"/v1/verifications/{started['id']}/confirm", {"code": code[0]}, 404, 409)

    @rule(some=_some, second=st.booleans())
    def people_say_that_two_are_the_same(self, some: int, second: bool) -> None:
        pairs = self.does("GET", "/v1/duplicates")["items"]
        if pairs:
            pair = pairs[some % len(pairs)]
            body = {"decision": "same", "bookings_to": pair["profile_ids"][second]}
            self.does("POST", f"/v1/duplicates/{pair['id']}", body)

    @precondition(lambda self: self.bookings and self.cards)
    @rule(some=_some, other=_some)
    def a_booking_is_moved_by_hand(self, some: int, other: int) -> None:
        booking = self.booking(some)
        if who := self.guest_of(booking):
            body = {"from": who, "to": self.card(other), "why": "It is theirs."}
            self.does("POST", f"/v1/bookings/{booking['id']}/move", body, 409)

    @precondition(lambda self: self.bookings)
    @rule(some=_some, euros=st.integers(1, 99))
    def a_guest_pays_for_a_booking(self, some: int, euros: int) -> None:
        booking = self.booking(some)
        if who := self.guest_of(booking):
            self.pays(who, booking["id"], euros)

    @precondition(lambda self: self.cards)
    @rule(some=_some, euros=st.integers(1, 99))
    def a_guest_pays_for_nothing_yet(self, some: int, euros: int) -> None:
        self.pays(self.card(some), None, euros)

    def pays(self, who: str, booking: str | None, euros: int) -> None:
        body = {"payer": who, "amount": {"amount": f"{euros}.00", "currency": "EUR"}, "method": "cash"}
        key = {"Idempotency_Key": uuid.uuid4().hex}
        said = self.does("POST", "/v1/payments", body | ({"booking_id": booking} if booking else {}), 404, **key)
        if "id" in said:  # else billing has not heard of the booking yet
            self.paid.append((who, booking, euros))

    @precondition(lambda self: self.cards)
    @rule(some=_some, granted=st.booleans())
    def a_guest_says_what_is_welcome(self, some: int, granted: bool) -> None:
        body = {
            "purpose": "marketing",
            "channel": "email",
            "granted": granted,
            "wording_version": "1",
            "source": "desk",
        }
        self.does("POST", f"/v1/profiles/{self.card(some)}/consents", body)
        self.said.append((self.card(some), granted))

    @precondition(lambda self: self.cards)
    @rule(some=_some)
    def a_note_is_written(self, some: int) -> None:
        self.does("POST", f"/v1/profiles/{self.card(some)}/notes", {"text": "Came by train."})
        self.notes.append(self.card(some))

    @rule(most=st.integers(1, 40))
    def some_of_it_is_heard(self, most: int) -> None:
        self.services.deliver(self.chance, most)
        assert self.services.faults == []

    # ── what has to be true in the end ───────────────────────────────────────────────────────────────────────

    def teardown(self) -> None:
        self.services.settle_unordered(self.chance)
        assert self.services.faults == []
        owes = Counter[str]()
        for each in self.bookings:
            booking = self.does("GET", f"/v1/bookings/{each}")
            who = self.guest_of(booking)
            assert who is not None
            assert self.now(who) == who, "every booking is a living profile's"
            owes[who] += 300
            self.follows(booking, who)
        for payer, for_booking, euros in self.paid:
            credited = self.guest_of(self.does("GET", f"/v1/bookings/{for_booking}")) if for_booking else payer
            owes[self.now(str(credited))] -= euros
        for who in {self.now(card) for card in (*self.cards, *owes)}:
            balances = self.does("GET", f"/v1/profiles/{who}/account")["balances"]
            assert float(balances[0]["balance"]["amount"] if balances else 0) == owes[who]
        self.consents_follow()
        notes = Counter(self.now(card) for card in self.notes)
        for who, count in notes.items():
            assert len(self.does("GET", f"/v1/profiles/{who}/notes")["items"]) == count
        self.nothing_is_left_behind()

    def now(self, who: str) -> str:
        return str(self.does("GET", f"/v1/profiles/{who}")["id"])

    def follows(self, booking: Any, who: str) -> None:
        folios = self.does("GET", f"/v1/folios?booking={booking['id']}")["items"]
        assert {folio["profile_id"] for folio in folios} == {who}
        messages = self.does("GET", f"/v1/messages?booking={booking['id']}")["items"]
        assert {message["profile_id"] for message in messages} <= {who}
        lots = {lot["booking_id"] for lot in self.does("GET", f"/v1/profiles/{who}/loyalty")["lots"] if lot["left"]}
        assert (booking["id"] in lots) == (booking["state"] == "departed")

    def consents_follow(self) -> None:
        """The last word of a guest, under whatever id it was said, holds."""
        last = {self.now(who): granted for who, granted in self.said}
        for who, granted in last.items():
            states = self.does("GET", f"/v1/profiles/{who}/consents")["states"]
            (state,) = [s for s in states if (s["purpose"], s["channel"]) == ("marketing", "email")]
            assert not (state["granted"] and not granted), "nobody is subscribed again"

    def nothing_is_left_behind(self) -> None:
        """What has retired has nothing any more, in any service."""
        rows = self.databases.admin("profiles").execute("SELECT id FROM profiles WHERE merged_into IS NOT NULL")
        retired = [row[0] for row in rows.fetchall()]
        for service, statement in _LEFT_BEHIND:
            assert self.databases.admin(service).execute(statement, [retired]).fetchall() == [], statement


_LEFT_BEHIND = (
    ("profiles", "SELECT * FROM contact_points WHERE profile_id = ANY(%s)"),
    ("profiles", "SELECT * FROM notes WHERE profile_id = ANY(%s)"),
    ("profiles", "SELECT * FROM known_stays WHERE profile_id = ANY(%s) AND state <> 'left'"),
    ("profiles", "SELECT * FROM profiles WHERE merged_into = ANY(%s)"),
    ("bookings", "SELECT * FROM booked_profiles WHERE profile_id = ANY(%s)"),
    ("billing", "SELECT * FROM balances WHERE profile_id = ANY(%s) AND minor <> 0"),
    ("loyalty", "SELECT * FROM accounts WHERE profile_id = ANY(%s) AND points <> 0"),
    ("notifier", "SELECT * FROM messages WHERE profile_id = ANY(%s)"),
)


@pytest.fixture
def one_guest(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> type[OneGuest]:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    OneGuest.databases, OneGuest.services = databases, Unordered(databases)
    OneGuest.api = build(OneGuest.services, databases.empty("gateway"), KnownCallers()).test_client()
    OneGuest.api.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write.inbound.admin"
    return OneGuest


def _stories(count: int, steps: int) -> settings:
    """Told as they come: whole ones take too long to be made shorter."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def test_everything_about_a_guest_ends_with_one_living_profile(one_guest: type[OneGuest]) -> None:
    run_state_machine_as_test(one_guest, settings=settings(_stories(6, 14), derandomize=True))


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(10))
def test_everything_ends_with_one_living_profile_in_long_stories(one_guest: type[OneGuest], part: int) -> None:
    run_state_machine_as_test(one_guest, settings=settings(_stories(20, 24), derandomize=False))

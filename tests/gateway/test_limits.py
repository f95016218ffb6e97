"""How often a key may call, and how many unknown keys an address may try; the clock is the test's."""

from __future__ import annotations

import threading

import pytest

from gateway.access import keys, limits
from gateway.access.callers import Caller, Callers
from gateway.access.limits import DEFAULT_RATE, Buckets
from gateway.app import build
from gateway.problems import Refused
from services.contracts.bookings import Properties, ReadProperties
from services.kit.refusal import Invalid
from tests.gateway.conftest import FakeServices, NoDatabase


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Keys(Callers):
    """Keys called ``foyer_<rate>_<name>`` are good, others are not; `looked_up` counts how many were looked for."""

    def __init__(self, clock: Clock, **options: int) -> None:
        super().__init__(None, clock=clock, **options)  # type: ignore[arg-type]
        self.looked_up = 0
        self._texts: dict[bytes, str] = {}

    def of(self, authorization: str | None, address: str = "") -> Caller:
        text = (authorization or "").removeprefix("Bearer ")
        self._texts[keys.digest(text)] = text
        return super().of(authorization, address)

    def _look_up(self, hashed: bytes, now: float) -> tuple[float, Caller | None]:
        self.looked_up += 1
        rate = self._texts[hashed].split("_")[1]
        found = Caller(hashed.hex(), f"key:{hashed.hex()}", ("read",), int(rate)) if rate.isdigit() else None  # type: ignore[arg-type]
        self._seen[hashed] = (now + 10, found)
        return self._seen[hashed]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def callers(clock) -> Keys:
    return Keys(clock)


@pytest.fixture
def api(callers):
    services = FakeServices()
    services.will_answer(ReadProperties, Properties(items=()))
    return build(services, NoDatabase(), callers).test_client()  # type: ignore[arg-type]


def call(api, key, **environ):
    return api.get("/v1/properties", headers={"Authorization": f"Bearer foyer_{key}"}, environ_overrides={**environ})


# ── buckets ──────────────────────────────────────────────────────────────────────────────────────────────────────


def let_through(buckets, caller="ana", rate=10, calls=100):
    return sum(not buckets.take(caller, rate).wait for _ in range(calls))


def test_twice_the_rate_may_come_at_once_and_no_more(clock):
    assert let_through(Buckets(clock=clock)) == 20


def test_a_bucket_refills_steadily_and_not_beyond_its_burst(clock):
    buckets = Buckets(clock=clock)
    let_through(buckets)
    clock.now += 0.5
    assert let_through(buckets) == 5
    clock.now += 3600
    assert let_through(buckets) == 20


def test_who_is_refused_hears_when_the_next_call_is_let_through(clock):
    buckets = Buckets(clock=clock)
    let_through(buckets)
    clock.now += buckets.take("ana", 10).wait
    assert let_through(buckets) == 1


def test_a_refused_call_costs_nothing(clock):
    buckets = Buckets(clock=clock)
    assert let_through(buckets, calls=10_000) == 20
    clock.now += 0.1
    assert let_through(buckets) == 1


def test_nobody_uses_up_the_calls_of_another(clock):
    buckets = Buckets(clock=clock)
    let_through(buckets, "ana")
    assert let_through(buckets, "ben") == 20


def test_what_is_left_is_told(clock):
    buckets = Buckets(clock=clock)
    assert [buckets.take("ana", 10).left for _ in range(20)] == [*range(19, -1, -1)]


def test_threads_together_get_no_more_than_one(clock):
    buckets = Buckets(clock=clock)
    through: list[int] = []
    threads = [threading.Thread(target=lambda: through.append(let_through(buckets, rate=50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(through) == 100


def test_ever_new_callers_do_not_fill_the_memory_nor_empty_the_buckets_in_use(clock, monkeypatch):
    monkeypatch.setattr(limits, "_AT_MOST", 100)
    buckets = Buckets(clock=clock)
    let_through(buckets)
    for stranger in range(1000):
        buckets.take(stranger, 10)
    assert len(buckets._full_at) <= 100
    assert buckets.take("ana", 10).wait


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_that_calls_too_often_is_refused_with_the_seconds_to_wait(api, clock):
    assert [call(api, "1_till").status_code for _ in range(3)] == [200, 200, 429]
    refused = call(api, "1_till")
    assert refused.get_json(force=True)["type"] == "/problems/too-many-requests"
    assert refused.headers["Retry-After"] == "1"
    clock.now += int(refused.headers["Retry-After"])
    assert call(api, "1_till").status_code == 200


def test_one_key_does_not_hold_up_another(api):
    for _ in range(5):
        call(api, "1_till")
    assert call(api, "1_desk").status_code == 200


def test_a_key_of_rate_0_calls_as_often_as_it_likes(api):
    answers = [call(api, "0_bench") for _ in range(500)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[-1].headers


def test_answers_tell_what_the_key_may_do_and_what_is_left(api):
    call(api, "200_desk")
    answer = call(api, "200_desk")
    assert answer.headers["RateLimit-Policy"] == '"key";q=400;w=2'
    assert answer.headers["RateLimit"] == '"key";r=398;t=1'


def test_a_refused_answer_tells_it_too(api):
    answers = [call(api, "1_till") for _ in range(3)]
    assert answers[-1].headers["RateLimit"] == '"key";r=0;t=2'


def test_a_call_counts_once_whichever_way_it_is_answered(callers, clock):
    """The short cut for fresh views asks who calls, and so does the long way when the short cut gives up."""
    environ = {"HTTP_AUTHORIZATION": "Bearer foyer_1_till", "REMOTE_ADDR": "192.0.2.7"}
    for _ in range(5):
        assert callers.enter(environ)
    assert callers.enter({**environ, "foyer.caller": None})
    with pytest.raises(Refused):
        callers.enter({**environ, "foyer.caller": None})


def test_a_key_is_made_with_a_rate_of_its_own(gateway_db):
    keys.create(gateway_db, "usual", ["read"])
    keys.create(gateway_db, "slow", ["read"], rate=3)
    text = keys.create(gateway_db, "free", ["read"], rate=0)
    assert {key.name: key.rate for key in keys.list(gateway_db)} == {"usual": DEFAULT_RATE, "slow": 3, "free": 0}
    assert Callers(gateway_db).of(f"Bearer {text}").rate == 0


@pytest.mark.parametrize("rate", [-1, 100_001])
def test_a_rate_beyond_reason_is_refused(gateway_db, rate):
    with pytest.raises(Invalid) as refused:
        keys.create(gateway_db, "x", ["read"], rate=rate)
    assert refused.value.errors[0].pointer == "/rate"


# ── guesses ──────────────────────────────────────────────────────────────────────────────────────────────────────


def guesses(api, count, first=0, **environ):
    return [call(api, f"wrong{n}", **environ).status_code for n in range(first, first + count)]


def test_who_tries_key_after_key_is_refused_without_their_being_looked_up(api, callers):
    assert guesses(api, 100) == [401] * 100
    assert guesses(api, 50, first=100) == [429] * 50
    assert callers.looked_up == 100


def test_guessing_may_go_on_at_two_per_second(api, clock):
    guesses(api, 100)
    clock.now += 5
    assert guesses(api, 12, first=100) == [401] * 10 + [429] * 2


def test_a_key_that_was_good_before_is_not_held_up_by_a_neighbour_who_guesses(api, clock):
    assert call(api, "9_desk").status_code == 200
    guesses(api, 150)
    clock.now += 11  # what is remembered of the key is too old by now
    guesses(api, 50, first=200)
    assert call(api, "9_desk").status_code == 200


def test_guesses_from_one_address_do_not_hold_up_another(api):
    guesses(api, 150, REMOTE_ADDR="192.0.2.7")
    assert call(api, "9_desk", REMOTE_ADDR="192.0.2.8").status_code == 200


def test_all_addresses_of_an_ipv6_network_are_one(api):
    guesses(api, 100, REMOTE_ADDR="2001:db8::1")
    assert guesses(api, 1, first=100, REMOTE_ADDR="2001:db8::ffff") == [429]
    assert guesses(api, 1, first=100, REMOTE_ADDR="2001:db8:0:1::1") == [401]


def test_the_same_wrong_key_again_is_no_guess(api):
    """A client with a revoked key keeps calling: its neighbours behind the same proxy are not to suffer."""
    assert {call(api, "wrong").status_code for _ in range(300)} == {401}
    assert call(api, "9_desk").status_code == 200


def test_a_call_without_a_key_is_no_guess(api):
    assert {api.get("/v1/properties").status_code for _ in range(300)} == {401}
    assert call(api, "9_desk").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "same_client"),
    [
        (0, ["10.0.0.1", "10.0.0.2"], True),  # whoever calls may write this header: not believed
        (1, ["10.0.0.1", "10.0.0.2"], False),
        (1, ["10.0.0.1, 192.0.2.1", "10.0.0.2, 192.0.2.1"], True),
        (2, ["10.0.0.1, 192.0.2.1", "10.0.0.2, 192.0.2.1"], False),
        (2, ["10.0.0.1", "10.0.0.2"], True),  # fewer hops than there are proxies: not believed
        (1, ["nonsense", "::"], False),
    ],
)
def test_behind_proxies_the_client_is_whom_the_outermost_one_saw(clock, proxies, forwarded, same_client):
    api = build(FakeServices(), NoDatabase(), Keys(clock, proxies=proxies)).test_client()  # type: ignore[arg-type]
    first, second = forwarded
    guesses(api, 100, HTTP_X_FORWARDED_FOR=first)
    assert guesses(api, 1, first=100, HTTP_X_FORWARDED_FOR=second) == [429 if same_client else 401]

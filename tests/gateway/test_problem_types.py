"""The `type` of every problem leads to a page that says what it means and what to do."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.exceptions import HTTPException, default_exceptions

import gateway
import services.contracts
from gateway.app import build
from gateway.problem_types import known
from services.contracts.bookings import ReadBooking
from services.kit.refusal import Refusal
from tests.gateway.conftest import KnownCallers, NoDatabase
from tests.gateway.guests import STAY

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Authorization": ""}


def refusals() -> list[type[Refusal]]:
    """All that a service or the kit may say no with."""
    for module in pkgutil.walk_packages(services.contracts.__path__, "services.contracts."):
        importlib.import_module(module.name)

    def below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    ours = ("services.contracts.", "services.kit.", "gateway.")
    return [each for each in below(Refusal) if each.__module__.startswith(ours)]


def refused_by_the_gateway() -> list[tuple[int, str]]:
    """Status and code of every `Refused(…)` in the gateway's source that says them as they are."""
    calls = [
        node.args[:2]
        for path in Path(gateway.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"
    ]
    return [(said[0].value, said[1].value) for said in calls if all(isinstance(each, ast.Constant) for each in said)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("refusal", refusals(), ids=lambda refusal: refusal.__name__)
def test_every_refusal_of_a_service_has_a_page_that_explains_it(api, refusal):
    known.cache_clear()
    code = "internal" if refusal.kind == "broken" else refusal.code()
    said = api.get(f"/problems/{code}", headers={"Authorization": ""})
    assert said.status_code == 200
    told = said.get_json()
    assert told["type"] == f"/problems/{code}"
    assert all(told[name] for name in ("title", "status", "meaning", "what_to_do")), told


def test_every_refusal_of_the_gateway_itself_has_a_page_of_its_status():
    said = refused_by_the_gateway()
    assert len(said) > 10
    for status, code in said:
        assert code in known(), code
        assert known()[code].status == status, code


def test_what_http_itself_refuses_has_a_page_or_no_type_at_all(services):
    app = build(services, NoDatabase(), KnownCallers())
    for kind in default_exceptions.values():
        app.add_url_rule(f"/{kind.__name__}", kind.__name__, _raises(kind))
        app.view_functions[kind.__name__].scope = ""  # type: ignore[attr-defined]
    api = app.test_client()
    for status, kind in default_exceptions.items():
        said = api.get(f"/{kind.__name__}").get_json(force=True)
        assert said["status"] == status
        if said["type"] != "about:blank":
            assert api.get(said["type"]).get_json()["status"] == status


def _raises(kind: type[HTTPException]):
    def view():
        raise kind

    return view


def test_a_problem_and_its_page_say_the_same_title_and_status(api):
    problem = api.get("/v1/bookings/not-an-id").get_json(force=True)
    page = api.get(problem["type"]).get_json()
    assert (page["title"], page["status"]) == (problem["title"], problem["status"])


def test_titles_are_words(api):
    titles = {each["title"] for each in api.get("/problems").get_json()["items"]}
    assert {"No room left", "Not a charge", "The input is not valid"} <= titles


def test_a_browser_gets_a_page_and_a_program_gets_json(api):
    for address in ("/problems", "/problems/no-room-left"):
        page = api.get(address, headers=BROWSER)
        assert page.mimetype == "text/html"
        assert "No room of this type is left" in page.text
        assert "script" not in page.headers["Content-Security-Policy"]
        assert page.headers["Vary"] == "Accept"
        for accept in ("application/json", "*/*", ""):
            assert api.get(address, headers={"Accept": accept}).mimetype == "application/json"


def test_the_list_has_every_type_once_and_links_to_it(api):
    listed = [each["type"] for each in api.get("/problems").get_json()["items"]]
    assert sorted(listed) == sorted(f"/problems/{code}" for code in known())
    page = api.get("/problems", headers=BROWSER).text
    assert all(f'href="{address}"' in page for address in listed)


def test_a_code_nobody_knows_has_no_page(api):
    answer = api.get("/problems/<script>", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_advice_is_given_only_about_codes_that_exist():
    from gateway.problem_types import _REMEDIES

    assert set(_REMEDIES) <= set(known())


def test_a_refusal_nobody_here_knows_is_answered_as_its_kind(api, services):
    services.will_answer(ReadBooking, Refusal.from_wire({"code": "made-tomorrow", "kind": "conflict"}))
    said = api.get(f"/v1/bookings/{STAY}").get_json(force=True)
    assert (said["type"], said["status"]) == ("/problems/conflict", 409)
    assert api.get(said["type"]).status_code == 200

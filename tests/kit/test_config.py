"""The environment is read in one place, which says in one sentence what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.kit import config


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("postgresql://billing\n")
    monkeypatch.delenv("FOYER_BILLING_DB_URL", raising=False)
    monkeypatch.setenv("FOYER_BILLING_DB_URL_FILE", str(tmp_path / "url"))

    assert config.database_url("billing") == "postgresql://billing"


def test_the_variable_itself_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_AMQP_URL", "amqp://given")
    monkeypatch.setenv("FOYER_AMQP_URL_FILE", str(tmp_path / "nowhere"))

    assert config.amqp_url() == "amqp://given"


def test_the_view_works_on_the_database_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_GATEWAY_DB_URL", "postgresql://gateway")

    assert config.database_url("view") == "postgresql://gateway"


def test_the_owner_is_the_service_itself_where_no_other_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_LOYALTY_DB_URL", "postgresql://loyalty")
    monkeypatch.delenv("FOYER_LOYALTY_OWNER_DB_URL", raising=False)

    assert config.owner_database_url("loyalty") == "postgresql://loyalty"


def test_delays_are_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_RETRY_DELAYS", "0.5, 2,30")

    assert config.retry_delays() == (0.5, 2.0, 30.0)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("FOYER_RETRY_DELAYS", "soon", config.retry_delays),
        ("FOYER_RETRY_DELAYS", "1,-2", config.retry_delays),
        ("FOYER_RETRY_DELAYS", ",", config.retry_delays),
        ("FOYER_MAX_WORKERS", "0", config.max_workers),
        ("FOYER_MAX_WORKERS", "ten", config.max_workers),
        ("FOYER_HEALTH_PORT", "70000", config.health_port),
        ("FOYER_LOG_LEVEL", "loud", config.log_level),
        ("FOYER_AMQP_URL", "", config.amqp_url),
        ("FOYER_AMQP_URL_FILE", "/nowhere/at/all", config.amqp_url),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    name: str,
    value: str,
    read: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("FOYER_AMQP_URL", raising=False)
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        read()  # type: ignore[operator]

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(name)
    assert said.count("\n") == 1
    assert not value or len(value) < 3 or value not in said

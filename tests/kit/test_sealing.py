"""What is sealed opens with its own key, in its own place, and tells nothing otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.sealing import NoSealingKey, Sealed, sealer

OLD, NEW = "2026:" + "old-secret-" * 4, "2027:" + "new-secret-" * 4


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", OLD)


@pytest.mark.usefixtures("keys")
def test_what_is_sealed_opens_again() -> None:
    sealed = sealer().seal(b"AB1234567", "registration 1")
    assert b"AB1234567" not in sealed.content
    assert sealer().open(sealed, "registration 1") == b"AB1234567"


@given(secret=st.binary(max_size=200), about=st.text(max_size=50))
def test_any_secret_opens_again(secret: bytes, about: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FOYER_SEALING_KEYS", f"{NEW}, {OLD}")
        assert sealer().open(sealer().seal(secret, about), about) == secret


@pytest.mark.usefixtures("keys")
def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert sealer().seal(b"1", "a").content != sealer().seal(b"1", "a").content


@pytest.mark.usefixtures("keys")
def test_it_does_not_open_in_anothers_place() -> None:
    sealed = sealer().seal(b"AB1234567", "registration 1")
    with pytest.raises(NoSealingKey):
        sealer().open(sealed, "registration 2")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_bit_does_not_open(place: int) -> None:
    sealed = sealer().seal(b"AB1234567", "a")
    changed = bytearray(sealed.content)
    changed[place] ^= 1
    with pytest.raises(NoSealingKey):
        sealer().open(replace(sealed, content=bytes(changed)), "a")


def test_keys_rotate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", OLD)
    sealed = sealer().seal(b"1", "a")
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{NEW},{OLD}")
    assert sealer().open(sealed, "a") == b"1"
    assert sealer().seal(b"1", "a").key_id == "2027"


def test_without_its_key_it_stays_closed_and_the_log_names_the_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", OLD)
    sealed = sealer().seal(b"1", "a")
    monkeypatch.setenv("FOYER_SEALING_KEYS", NEW)
    with pytest.raises(NoSealingKey) as refused:
        sealer().open(sealed, "a")
    assert "2026" in caplog.text
    assert "FOYER" not in refused.value.detail


@pytest.mark.parametrize("said", ["", "2026:short", "no-colon" * 8, f"{OLD},{OLD}", f"{OLD},"])
def test_what_is_no_list_of_keys_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, said: str
) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", said)
    with pytest.raises(NoSealingKey) as refused:
        sealer()
    assert "secret-" not in str(refused.value) + caplog.text


def test_keys_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    file = tmp_path / "keys"  # type: ignore[operator]
    file.write_text(OLD + "\n")
    monkeypatch.delenv("FOYER_SEALING_KEYS", raising=False)
    monkeypatch.setenv("FOYER_SEALING_KEYS_FILE", str(file))
    assert sealer().key_id == "2026"


@pytest.mark.usefixtures("keys")
def test_no_key_is_shown_where_a_sealer_is() -> None:
    assert repr(sealer()) == "Sealer()"


@pytest.mark.usefixtures("keys")
def test_too_short_to_be_sealed_does_not_open() -> None:
    with pytest.raises(NoSealingKey):
        sealer().open(Sealed(b"", "2026"), "a")


# ── stamps ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("keys")
def test_a_stamped_secret_is_known_again_and_no_other_nor_elsewhere() -> None:
    stamped = sealer().stamp(b"042137", "code 1")
    assert b"042137" not in stamped.content
    assert sealer().knows(stamped, b"042137", "code 1")
    assert not sealer().knows(stamped, b"042138", "code 1")
    assert not sealer().knows(stamped, b"042137", "code 2")


@pytest.mark.usefixtures("keys")
def test_what_a_stamp_is_about_does_not_run_into_its_secret() -> None:
    assert not sealer().knows(sealer().stamp(b"2 3", "code 1"), b"3", "code 1 2")


def test_a_stamp_is_known_by_its_own_key_and_by_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", OLD)
    stamped = sealer().stamp(b"042137", "code 1")
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{NEW},{OLD}")
    assert sealer().knows(stamped, b"042137", "code 1")
    assert sealer().stamp(b"042137", "code 1").content != stamped.content
    monkeypatch.setenv("FOYER_SEALING_KEYS", NEW)
    with pytest.raises(NoSealingKey):
        sealer().knows(stamped, b"042137", "code 1")


def test_the_stamps_under_all_keys_are_those_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", OLD)
    before = sealer().stamp(b"042137", "code 1").content
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{NEW},{OLD}")
    assert sealer().stamps(b"042137", "code 1") == (sealer().stamp(b"042137", "code 1").content, before)

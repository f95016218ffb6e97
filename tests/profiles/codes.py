"""Guests are verified: by codes that are sent to them and said back, and by staff."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import (
    CodeTried,
    ConfirmVerification,
    KeepCode,
    NoSuchVerification,
    StartVerification,
    Verification,
    VerifyGuest,
)
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_MAIL

CODE, ANOTHER = "042137", "042138"


def start(register: Register, who: UUID, address: str | None = ANAS_MAIL, **more) -> Verification:
    return register.service.start_verification(StartVerification(profile_id=who, address=address, **more))


def sent(register: Register, who: UUID, address: str = ANAS_MAIL, code: str = CODE, **more) -> UUID:
    """The id of a verification whose code has gone out."""
    made = start(register, who, address, **more)
    register.service.keep_code(KeepCode(verification_id=made.id, code=code))
    return made.id


def confirm(register: Register, verification_id: UUID, code: str = CODE) -> CodeTried:
    return register.service.confirm_verification(ConfirmVerification(verification_id=verification_id, code=code))


def is_over(register: Register, verification_id: UUID, code: str = CODE) -> bool:
    try:
        confirm(register, verification_id, code)
    except NoSuchVerification:
        return True
    return False


def run(register: Register, statement: str, **values) -> list:
    with register.db.engine.begin() as connection:
        found = connection.execute(sa.text(statement), values)
        return list(found) if found.returns_rows else []


def lines(register: Register, who: UUID) -> list[str]:
    rows = run(
        register, "SELECT what FROM timeline WHERE profile_id = :who AND kind = 'verification' ORDER BY seq", who=who
    )
    return [row.what for row in rows]


def verify(register: Register, who: UUID, how="document"):
    return register.service.verify_guest(VerifyGuest(profile_id=who, how=how))

"""A file of real bookings through a stack of its own, with taxes and fees, against sums computed from the file alone.

``python -m tests.replay hotel_bookings.csv.gz --limit 2000``: the public "Hotel booking demand" file. What it expects
comes from the file and the rules written here, by pandas over whole columns, with no code of the import or of the
ledger.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from tests.chaos.stack import Stack
from tests.replay_rooms import boards_differ

HOUSES = {"HBD-CITY": "City Hotel", "HBD-RESORT": "Resort Hotel"}
VAT = 600  # basis points, included in the price
CITY_TAX, MOST_NIGHTS = 200, 7  # cents for each adult and night, on top
CANCELLATION = 5000  # basis points of the price
COUNTS = ("stays_in_weekend_nights", "stays_in_week_nights", "adults", "children", "babies")
ACCOUNTS = ("revenue:room", "tax:vat", "tax:city", "revenue:fee", "deferred-revenue")


def expected(path: Path, limit: int | None = None) -> dict[str, int]:
    """Cents by account, from the rows that a hotel system would take."""
    rows = pd.read_csv(path, nrows=limit, dtype=str, keep_default_na=False)
    whole = {name: rows[name].replace("NA", "0").astype("int64") for name in COUNTS}
    nights = whole["stays_in_weekend_nights"] + whole["stays_in_week_nights"]
    others = whole["children"] + whole["babies"]
    price = _cents(rows["adr"]) * nights
    taken = (nights > 0) & (whole["adults"] + others > 0) & (price >= 0)
    status = rows["reservation_status"]
    stayed, cancelled = taken & (status == "Check-Out"), taken & (status == "Canceled")
    vat = _half_up(price * VAT, 10_000 + VAT)
    city_tax = CITY_TAX * whole["adults"] * nights.clip(upper=MOST_NIGHTS)
    fee = price.mask(cancelled, _half_up(price * CANCELLATION, 10_000))
    sums = {
        "revenue:room": (price - vat)[stayed],
        "tax:vat": vat[stayed],
        "tax:city": city_tax[stayed],
        "revenue:fee": fee[taken & ~stayed],
        "deferred-revenue": price[:0],
    }
    return {account: int(sums[account].sum()) for account in ACCOUNTS}


def posted(stack: Stack) -> dict[str, int]:
    """The same from the ledger's entries."""
    rows = stack.rows(
        "billing", "SELECT account, -sum(amount_minor) FROM entries WHERE property_id IS NOT NULL GROUP BY 1"
    )
    found = {account: int(minor) for account, minor in rows}
    return {account: found.get(account, 0) for account in ACCOUNTS}


def configure(stack: Stack) -> None:
    for code, name in HOUSES.items():
        house = {"name": name, "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT", "room_types": []}
        stack.call("PUT", f"/v1/properties/{code}", house)
        tax = {"amount": {"amount": "2.00", "currency": "EUR"}, "exempt_under": 13, "most_nights": MOST_NIGHTS}
        taxes = {
            "vat": [{"tax_class": "accommodation", "rate": "6.00", "valid_from": "2010-01-01"}],
            "city_tax": [{"valid_from": "2010-01-01", "included": False, **tax}],
            "prices_include_vat": True,
            "owed_from": "confirmation",
        }
        stack.call("PUT", f"/v1/properties/{code}/taxes", taxes)
        never = {"days": 3650, "hour": 0}
        policies = [
            {"kind": "cancellation", "share": {"percent": "50.00"}, "free_until": never},
            {"kind": "no_show", "share": {"percent": "100.00"}},
        ]
        stack.call("PUT", f"/v1/properties/{code}/policies", {"policies": policies})


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("file", type=Path)
    asked.add_argument("--limit", type=int)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        stack = Stack(Path(folder) / "foyer")
        try:
            before = posted(stack)
            configure(stack)
            words = [
                "import-bookings",
                str(given.file),
                "--mapping",
                "hotel-booking-demand",
                "--state",
                f"{folder}/state",
                "--rooms",
            ]
            limit = ["--limit", str(given.limit)] if given.limit else []
            subprocess.run(
                [sys.executable, "-m", "foyer", *words, *limit], env={**os.environ, **stack.env}, check=False
            )
            found = posted(stack)
            found = {account: minor - before[account] for account, minor in found.items()}
            verified = subprocess.run(
                [sys.executable, "-m", "foyer", "ledger", "verify"], env={**os.environ, **stack.env}, check=False
            )
            differing = boards_differ(stack, given.file, given.limit)
        finally:
            stack.stop()
    wanted = expected(given.file, given.limit)
    for account in ACCOUNTS:
        same = "equal" if wanted[account] == found[account] else "DIFFERENT"
        print(f"{account:18} file {wanted[account] / 100:>16,.2f}   ledger {found[account] / 100:>16,.2f}   {same}")
    for line in differing:
        print(line)
    return int(wanted != found or verified.returncode != 0 or bool(differing))


def _cents(prices: pd.Series) -> pd.Series:
    """From text, digit by digit: no float holds a cent."""
    parts = prices.str.extract(r"^(-?)(\d+)(?:\.(\d{1,2}))?$")
    minor = parts[1].astype("int64") * 100 + parts[2].fillna("").str.ljust(2, "0").astype("int64")
    return minor.where(parts[0] != "-", -minor)


def _half_up(above: pd.Series, below: int) -> pd.Series:
    return (2 * above + below) // (2 * below)


if __name__ == "__main__":
    sys.exit(main())

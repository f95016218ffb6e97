"""The rooms of an imported file against the file: who was in them on which day, with no code of the import."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from tests.chaos.stack import Stack

HOUSES = {"City Hotel": "HBD-CITY", "Resort Hotel": "HBD-RESORT"}
DAYS = 20

_WITHOUT = """
    SELECT count(*) FROM bookings b
    WHERE source = 'hotel-booking-demand' AND held_until > arrival
      AND NOT EXISTS (SELECT FROM room_assignments a WHERE a.booking_id = b.id
                      AND a.nights = daterange(b.arrival, b.held_until))
"""
_SHARED = """
    SELECT count(*) FROM room_assignments a JOIN room_assignments b
        ON a.room_id = b.room_id AND a.id < b.id AND a.nights && b.nights
"""


def stays(path: Path, limit: int | None) -> pd.DataFrame:
    """Those that took place, with the reference under which they were sent."""
    rows = pd.read_csv(path, nrows=limit, dtype=str, keep_default_na=False)
    nights = rows["stays_in_weekend_nights"].astype(int) + rows["stays_in_week_nights"].astype(int)
    guests = rows["adults"].astype(int) + rows["children"].replace("NA", "0").astype(int) + rows["babies"].astype(int)
    month = pd.to_datetime(rows["arrival_date_month"], format="%B").dt.month
    parts = {"year": rows["arrival_date_year"].astype(int), "month": month}
    arrival = pd.to_datetime({**parts, "day": rows["arrival_date_day_of_month"].astype(int)})
    found = pd.DataFrame(
        {
            "ref": "HBD-" + pd.Series(rows.index, index=rows.index).astype(str),
            "house": rows["hotel"].map(HOUSES),
            "room_type": rows["reserved_room_type"],
            "arrival": arrival,
            "departure": arrival + pd.to_timedelta(nights, unit="D"),
        }
    )
    taken = (nights > 0) & (guests > 0) & ~rows["adr"].str.startswith("-")
    return found[taken & (rows["reservation_status"] == "Check-Out")]


def boards_differ(stack: Stack, path: Path, limit: int | None) -> list[str]:
    """What is wrong; nothing where every stay has a room of its own and the boards of sampled days are the file's."""
    wrong = []
    if without := stack.one("bookings", _WITHOUT):
        wrong.append(f"{without} stays that hold nights have no room for them")
    if shared := stack.one("bookings", _SHARED):
        wrong.append(f"{shared} times two stays share a room on one night")
    refs = {str(row[0]): row[1] for row in stack.rows("bookings", "SELECT id, external_ref FROM bookings")}
    held = stays(path, limit)
    days = pd.date_range(held["arrival"].min(), held["departure"].max())
    for day in random.Random(DAYS).sample(list(days), min(DAYS, len(days))):
        for code in HOUSES.values():
            there = held[(held["house"] == code) & (held["arrival"] <= day) & (day < held["departure"])]
            wanted = Counter(zip(there["ref"], there["room_type"], strict=True))
            board = _board(stack, code, day.date().isoformat())
            inside = [room for room in board if room["occupancy"] == "occupied"]
            found = Counter((refs[room["stay"]["booking_id"]], room["room_type"]) for room in inside)
            if found != wanted:
                wrong.append(f"{code} {day.date()}: {len(wanted)} stays in the file, {len(found)} on the board")
    print(f"rooms: boards of {DAYS} days and {len(HOUSES)} houses {'DIFFER' if wrong else 'equal the file'}")
    return wrong


def _board(stack: Stack, code: str, day: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = stack.call("GET", f"/v1/rooms?property={code}&day={day}&limit=200{cursor}")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"

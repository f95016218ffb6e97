"""The publisher in the documents does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pika

from services.bookings.inbound.native import well_formed
from services.bookings.service import BookingsService
from services.contracts.bookings import BookingNotice
from services.kit import wire
from services.kit.doors import doors_of

SCRIPT = Path(__file__).parents[2] / "docs" / "publish_a_booking.py"


def test_each_kind_of_notice_has_a_queue_of_its_own() -> None:
    queues = {door.key: door.queue("bookings") for door in doors_of(BookingsService) if door.kind == "inbound"}
    assert queues["booking.notice"] == "bookings.notices"
    assert len(set(queues.values())) == len(queues)


def test_the_publisher_in_the_documents_sends_a_well_formed_notice(amqp_url: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.exchange_declare("inbound", "topic", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "inbound", "booking.notice")
        environment = {**os.environ, "FOYER_AMQP_URL": amqp_url}
        subprocess.run([sys.executable, str(SCRIPT)], env=environment, check=True, timeout=30)
        _, properties, body = channel.basic_get(queue, auto_ack=True)
    notice = well_formed(wire.load(BookingNotice, wire.parse(body), strict=True))
    assert (notice.external_id, properties.delivery_mode) == ("EX-1001", 2)

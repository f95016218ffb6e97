"""Tell Foyer of a booking: ``FOYER_AMQP_URL=amqp://… python docs/publish_a_booking.py`` (needs pika)."""

import json
import os

import pika

NOTICE = {
    "source": "example-pms",  # who says so
    "external_id": "EX-1001",  # its own number for the booking
    "revision": 1,  # grows with every notice about the same booking
    "status": "new",  # new, modified, cancelled; in_house, departed, no_show
    "property": "LIS-CITY",
    "channel": "booking.com",
    "arrival": "2026-12-01",
    "departure": "2026-12-04",
    "rooms": [{"room_type": "A", "adults": 2, "price": {"amount": "300.00", "currency": "EUR"}}],
    "booker": {"given_name": "Ana", "family_name": "Silva", "email": "ana@example.com", "phone": "+351912345678"},
}

with pika.BlockingConnection(pika.URLParameters(os.environ["FOYER_AMQP_URL"])) as connection:
    channel = connection.channel()
    channel.confirm_delivery()  # publish returns once the broker has it safely, and raises where it has not
    properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
    channel.basic_publish("inbound", "booking.notice", json.dumps(NOTICE).encode(), properties, mandatory=True)

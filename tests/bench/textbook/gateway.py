"""The textbook's gateway: ``python -m tests.bench.textbook.gateway AMQP_URL ADDRESS:PORT``."""

import tests.bench.stock  # noqa: F401, I001

import json
import sys

from marshmallow import ValidationError
from nameko.containers import ServiceContainer
from nameko.exceptions import RemoteError
from nameko.rpc import RpcProxy
from nameko.web.handlers import http
from werkzeug import Request, Response

from tests.bench.party import serve
from tests.bench.rpc import WORKERS
from tests.bench.textbook.schemas import NewBookingSchema


class GatewayService:
    name = "textbook_gateway"

    bookings = RpcProxy("textbook_bookings")

    @http("POST", "/bookings")
    def open_booking(self, request: Request) -> Response:
        schema = NewBookingSchema()
        try:
            asked = schema.load(json.loads(request.get_data(as_text=True)))
        except (ValueError, ValidationError) as fault:
            return Response(json.dumps({"error": str(fault)}), 400, mimetype="application/json")
        try:
            booking = self.bookings.open_booking(schema.dump(asked))
        except RemoteError as fault:
            status = 409 if fault.exc_type == "NoRoomLeftError" else 500
            return Response(json.dumps({"error": fault.exc_type}), status, mimetype="application/json")
        return Response(json.dumps(booking), 201, mimetype="application/json")


if __name__ == "__main__":
    config = {"AMQP_URI": sys.argv[1], "WEB_SERVER_ADDRESS": sys.argv[2], "max_workers": WORKERS}
    ServiceContainer(GatewayService, config=config).start()
    serve()

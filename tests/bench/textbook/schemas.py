"""What the textbook's gateway takes and gives."""

from marshmallow import Schema, fields


class RoomSchema(Schema):
    room_type = fields.Str(required=True)
    adults = fields.Int(load_default=1)
    children = fields.Int(load_default=0)


class PersonSchema(Schema):
    given_name = fields.Str(required=True)
    family_name = fields.Str(required=True)


class PriceSchema(Schema):
    amount = fields.Decimal(required=True, as_string=True)
    currency = fields.Str(required=True)


class NewBookingSchema(Schema):
    property_id = fields.Str(required=True)
    arrival = fields.Date(required=True)
    departure = fields.Date(required=True)
    rooms = fields.List(fields.Nested(RoomSchema), required=True)
    booker = fields.Nested(PersonSchema, required=True)
    price = fields.Nested(PriceSchema, required=True)


class BookingSchema(Schema):
    id = fields.UUID()
    property = fields.Str()
    arrival = fields.Date()
    departure = fields.Date()
    booker = fields.Str()
    amount = fields.Str()
    currency = fields.Str()
    booked_at = fields.DateTime()
    rooms = fields.List(fields.Nested(RoomSchema))

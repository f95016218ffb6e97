"""The processes of goal 6: what announces events and what hears them."""

QUEUE = "bench.heard"
EXCHANGE = "bench.events"
ROUTING_KEY = "note.taken.v1"
# As long as a booking's confirmation.
BODY = '{"note_id":"0b0f2a3c-7a52-4f3e-9a55-3d1f0c7a9b21","amount_minor":30000,"text":"' + "the rest of it " * 16 + '"}'

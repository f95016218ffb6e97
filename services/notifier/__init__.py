"""notifier: messages to guests.

Owns      messages: what was written to whom, by which channel, and what became of it; the templates
Answers   FindMessages, SendMessage
Announces MessageChanged
Hears     BookingConfirmed
Asks      profiles (ReadProfile: addresses are never in events), bookings (ReadProperties), consent (MayContact)

A confirmed booking is confirmed to its guest once: messages are unique by (booking, template, channel, revision). The
revision says which state of the booking a message tells of; a booking is confirmed only once, so it is 1 there.

Without an account at a provider a message ends in the local outbox, where it can be read. With one it waits, and is
sent by `send_waiting`: consent is asked again just before for every purpose but the stay itself, so a withdrawal beats
what is not sent yet. A provider may get a message twice if the process dies between sending and noting it.
"""

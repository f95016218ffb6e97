"""notifier: messages to guests.

Owns      messages: what was written to whom, by which channel, and what became of it; the templates
Answers   FindMessages, SendMessage
Announces MessageChanged
Hears     BookingConfirmed, BookingMoved, TermsTold, CodeWanted, GroupChanged, FunctionChanged,
          ProfileRetired
Asks      profiles (ReadProfile, ReadContactPerson: addresses are never in events; KeepCode), bookings (ReadBooking,
          ReadProperties, ReadToldTerms, ReadOccasion), consent (MayContact)

A confirmed booking is confirmed once: to the contact it names, else to the contact person of the company that booked,
else to its guest. Terms that were told are written once, with the copy that bookings keeps. Codes that verify
addresses are made up here, and kept by nobody but as what profiles knows them again by. Messages are unique by
(booking, template, channel, revision). The revision says which state of the booking a message tells of: of a
confirmation it is 1, of terms their number.

The contact of a group or a function is told, by e-mail, that it is booked, what it is whenever something of that has
changed, and that it is cancelled: the contact that it names, at the address that was said for it, else at the best one
of their profile; in a company's place its contact person. Such messages are unique by (group or function, template,
channel, revision).

Without an account at a provider a message ends in the local outbox, where it can be read. With one it waits, and is
sent by `send_waiting`: consent is asked again just before for every purpose but the stay itself, so a withdrawal beats
what is not sent yet. A provider may get a message twice if the process dies between sending and noting it.
"""

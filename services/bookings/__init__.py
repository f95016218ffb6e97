"""bookings: who stays where, when.

Owns       properties, room types, sold nights, bookings with their people, the notices other systems sent.
Answers    SetUpProperty, ReadProperties, ReadAvailability; OpenBooking, ReadBooking, ReadBookingPeople, FindBookings,
           ConfirmBooking, CancelBooking, CheckInBooking, CheckOutBooking, MarkNoShow; ReceiveNotice, ReadNotice,
           FindNotices, CountNotices, ReplayNotice; ProveCounters.
Announces  BookingReceived, BookingPeopleChanged, BookingHeld, BookingConfirmed, BookingChanged, BookingCancelled,
           BookingCheckedIn, BookingCheckedOut, BookingMarkedNoShow.
Hears      profiles: GuestsIdentified, LevelChanged; from other systems: `booking.notice` on the exchange `inbound`.
"""

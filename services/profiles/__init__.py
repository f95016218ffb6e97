"""profiles: who people are.

Owns:      profiles of persons and companies, their e-mails, phones and addresses, levels, notes, and who was
           recognised on which booking.
Answers:   CreateProfile, ReadProfile, ChangeProfile, FindProfiles, AddNote.
Announces: ProfileCreated, ProfileChanged, ContactsChanged, LevelChanged, GuestsIdentified.
Hears:     BookingReceived, BookingPeopleChanged (and asks bookings for the people, as events hold no names),
           BookingCheckedOut (and tells bookings how the guests are known now).
"""

"""profiles: who people are.

Owns:      profiles of persons and companies, their e-mails, phones and addresses, levels, notes, tasks,
           preferences, the stages of guests and the rules for them, who is
           verified, who is related to whom, who was recognised on which booking, and the time line of each guest.
Answers:   CreateProfile, ReadProfile, ChangeProfile, FindProfiles, LookUpCaller, NoteCall, ReadTimeline,
           ReadInternals, and what may be said and asked of notes, tasks, preferences, levels and stages.
           The house's own fields: SetField, ReadFields, ReadFieldValues, LookAtFields, FindByFields, ReadCardLines,
           CheckFields.
           Who may be the same: ReadDuplicates, FindMatches, DecideMatch, ReadMatchingRules, SetMatchingRules.
           Imports of files, row by row: BeginImport, ImportRows, KeepRows, EndImport, ReadImport; ListProfiles.
Announces: ProfileCreated, ProfileChanged, ContactsChanged, ConsentsImported, LevelChanged, StageChanged, TaskChanged,
           TaskDue, GuestsIdentified, ProfileRetired, CodeWanted; for itself BookingsToMove, LevelRuleChanged,
           StagesToRecompute, VerificationAsked,
           ImportRowsKept. FieldChanged of the fields themselves.
Hears:     BookingReceived, BookingPeopleChanged (and asks bookings for the people, as events hold no names),
           BookingCheckedOut (and tells bookings how the guests are known now); for the time line all that happens to
           bookings, payments, refunds, charges, adjustments, invoices, overdue deposits, consents, points and messages;
           BookingMoved; and its own GuestsIdentified, ContactsChanged and BookingsToMove, to match again.
"""

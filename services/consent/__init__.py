"""consent: privacy and proof.

Owns:      every grant and withdrawal, per purpose and channel, for ever; an account per profile.
Answers:   RecordConsent, ReadConsents, MayContact.
Announces: ConsentChanged.
Hears:     ProfileCreated, ProfileRetired, ConsentsImported; of bookings: ConsentStated.
"""

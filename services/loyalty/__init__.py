"""loyalty: points and members.

Owns      members' accounts, their lots of points (one per booking and kind of revenue), earning rules and tiers
Answers   ReadLoyalty
Announces LoyaltyAccountOpened, LoyaltyPointsChanged, LoyaltyTierChanged
Hears     BookingConfirmed, BookingCheckedIn, BookingMoved, RevenuePosted
Asks      nobody

A guest gets an account with the first confirmed stay, and points once billing has earned the stay's revenue, which is
at check-out. RevenuePosted carries the total so far and a version: a lot is brought to what that total is worth, so
repeated, lost and late events end in the same points, and a reversal takes back exactly what was given.
"""

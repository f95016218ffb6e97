"""billing: the guest ledger.

Owns      folios (one per booking, and a house folio per guest), journals and their entries, payments, and which credit
          covers which booking. Amounts are integer minor units; positive is debit, negative is credit.
Answers   ReadAccount, TakePayment, PostCharge, ProveLedger
Announces BalanceChanged, RevenuePosted, PaymentReceived
Hears     BookingConfirmed, BookingChanged, BookingCheckedIn, BookingCheckedOut, BookingCancelled, BookingMarkedNoShow
Asks      nobody. Whether a profile exists is known at the gateway, which looks before it takes money for one

The six events have one handler: each carries the whole booking, and what has been posted of it is brought to what it
says now. So neither order nor repetition matters, and a lost one is made good by the next.
"""

"""billing: the guest ledger.

Owns      folios (one per booking and payer, a house folio per guest), journals and their entries, stored balances,
          charges and their kinds, payments and refunds, which credit covers which folio, companies' credit terms,
          routing, taxes, policies and the terms bookings were made on, deposits due, invoices and credit notes. Amounts
          are integer minor units; positive is debit, negative is credit.
Answers   accounts: ReadAccount, ReadBookingBalance, PinAllocation, ReleaseAllocation, ReadStatement
          charges: PostCharge, ReceiveCharge, VoidCharge, ReadCharge, ReadChargeKinds, SetUpChargeKind, FindFolios,
          ReadFolio, CloseFolio, ReopenFolio, PostAdjustment, ReadAdjustment
          payments: TakePayment, RefundPayment, ReadPayment, FindPayments
          companies: ReadCreditTerms, SetCreditTerms, ReadAgeing, ReadDebtor, ReadRouting, SetRouting
          houses: ReadTaxes, SetTaxes, ReadPolicies, SetPolicies, ReadBookingTerms, WaiveFee, FindDeposits
          invoices: IssueInvoice, CreditInvoice, ReadInvoice, FindInvoices, ReadInvoicing, SetInvoicing
          proofs: ProveLedger, VerifyLedger, ReadJournal, ReverseJournal
Announces AdjustmentPosted, BalanceChanged, ChargePosted, CreditAllocated, DepositOverdue, InvoiceIssued,
          PaymentReceived, RefundPaid, RevenuePosted
Hears     BookingHeld, BookingConfirmed, BookingChanged, BookingCheckedIn, BookingCheckedOut, BookingCancelled,
          BookingMarkedNoShow, BookingMoved, ProfileRetired; and of other systems `charge.notice`
By itself nights are earned as they end, deposits fall overdue, the ledger is verified
Asks      bookings, for what a till's notice names. Whether a profile exists is known at the gateway, which looks
          before it takes money for one

The events of a booking have one handler: each carries the whole booking, and what has been posted of it is brought to
what it says now. So neither order nor repetition matters, and a lost one is made good by the next.
"""

"""billing: the guest ledger. Amounts are integer minor units with their currency."""

from services.contracts.billing.account import (
    Account,
    AccountLine,
    BalanceChanged,
    BookingDue,
    CurrencyBalance,
    ReadAccount,
)
from services.contracts.billing.charges import (
    Charge,
    NoSuchFolio,
    NotAnAmount,
    PostCharge,
    RevenuePosted,
    WrongCurrency,
)
from services.contracts.billing.ledger import (
    LedgerProof,
    ProveLedger,
)
from services.contracts.billing.payments import (
    Payment,
    PaymentReceived,
    TakePayment,
)

__all__ = [
    "Account",
    "AccountLine",
    "BalanceChanged",
    "BookingDue",
    "Charge",
    "CurrencyBalance",
    "LedgerProof",
    "NoSuchFolio",
    "NotAnAmount",
    "Payment",
    "PaymentReceived",
    "PostCharge",
    "ProveLedger",
    "ReadAccount",
    "RevenuePosted",
    "TakePayment",
    "WrongCurrency",
]

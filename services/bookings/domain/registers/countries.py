"""How authorities write countries: ISO 3166-1 alpha-3, as passports do (ICAO), and as the Italian police does."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import get_global

# CLDR still knows the codes of states that are no more.
_FORMER = frozenset({"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"})
_NOT_COUNTRIES = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())

# Where passports have another code than ISO 3166-1 (ICAO Doc 9303, part 3, section 5); SIBA's list has them as well.
_ICAO = {"DE": "D", "XK": "RKS"}

# "Tabella stati" of Alloggiati Web: 100000 and ISTAT's three digits; a few have codes of their own.
_ISTAT = """
AD202 AE322 AF301 AG503 AI733 AL201 AM358 AO402 AR602 AS798 AT203 AU701 AZ359 BA252 BB506 BD305 BE206 BF409 BG209 BH304
BI410 BJ406 BM739 BN309 BO604 BR605 BS505 BT306 BW408 BY256 BZ507 CA509 CC746 CD998 CF414 CG418 CH241 CI404 CL606 CM411
CN314 CO608 CR513 CU514 CV413 CX743 CY315 CZ257 DE216 DJ424 DK212 DM515 DO516 DZ401 EC609 EE247 EG419 EH795 ER466 ES239
ET420 FI214 FJ703 FK768 FM775 FO755 FR215 GA421 GB219 GD519 GE360 GF761 GH423 GL758 GM422 GN425 GP759 GQ427 GR220 GT523
GU760 GW426 GY612 HN525 HR250 HT524 HU244 ID331 IE221 IL334 IM769 IN330 IQ333 IR332 IS223 IT100 JM518 JO327 JP326 KE428
KG361 KH310 KI708 KM417 KN534 KP319 KR320 KW335 KY742 KZ356 LA336 LB337 LC532 LI225 LK311 LR430 LS429 LT249 LU226 LV248
LY431 MA436 MC229 MD254 MG432 MH772 MK997 ML435 MM307 MN341 MQ773 MR437 MS777 MT227 MU438 MV339 MW434 MX527 MY767 MZ440
NA441 NC780 NE442 NF778 NG443 NI529 NL232 NO231 NP342 NR715 NZ719 OM343 PA530 PE615 PF787 PG721 PH323 PK344 PL233 PM796
PN786 PR790 PT234 PW783 PY614 QA345 RE765 RO235 RU245 RW446 SA302 SB725 SC449 SD455 SE240 SG346 SH799 SI251 SK255 SL451
SM236 SN450 SO453 SR616 SS467 ST448 SV517 SY348 SZ456 TC810 TD415 TG458 TH349 TJ362 TK806 TL805 TM364 TN460 TO730 TR351
TT617 TV731 TW363 TZ457 UA243 UG461 US536 UY618 UZ357 VA246 VC533 VE619 VG812 VI764 VN353 VU732 WF815 WS727 YE354 YT774
ZA454 ZM464 ZW465
"""
_OWN_CODES = {
    "GG": "110000014",
    "GS": "110000022",
    "HK": "110000005",
    "ME": "100001001",
    "MO": "110000003",
    "PS": "110000001",
    "RS": "100001000",
    "XK": "100001002",
}


def is_country(code: str) -> bool:
    return code in _alpha3()


def alpha3(code: str) -> str:
    """``PT`` → ``PRT``."""
    return _alpha3()[code]


def icao(code: str) -> str:
    """``DE`` → ``D``, ``PT`` → ``PRT``."""
    return _ICAO.get(code) or alpha3(code)


def italian_code(code: str) -> str | None:
    """``PT`` → ``100000234``; None where Alloggiati Web has no such country."""
    return _italian().get(code)


@cache
def _alpha3() -> dict[str, str]:
    territories = map(str, Locale("en").territories)
    known = {code for code in territories if len(code) == 2 and code.isalpha()} - _NOT_COUNTRIES
    aliases = ((str(code), names) for code, names in get_global("territory_aliases").items())
    return {
        names[0]: code
        for code, names in aliases
        if len(code) == 3 and code.isalpha() and code not in _FORMER and names[0] in known
    }


@cache
def _italian() -> dict[str, str]:
    return {code[:2]: f"100000{code[2:]}" for code in _ISTAT.split()} | _OWN_CODES

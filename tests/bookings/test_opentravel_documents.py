"""XML from outside is read without trusting it, and kept without its cards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.inbound.opentravel.documents import MOST_BYTES, read, redacted
from services.bookings.inbound.opentravel.messages import message_of
from services.contracts.bookings import NotANotice
from tests.bookings.xml_messages import CARD, guest, notif, reservation, room_stay

NUMBER = CARD.replace(" ", "")
BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = {
    "a bomb of entities": f'<!DOCTYPE a [<!ENTITY a0 "lol">{BOMB}]><a>&a11;</a>',
    "one large entity": f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]><a>{"&x;" * 10_000}</a>',
    "a file of ours": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a page elsewhere": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><a>&x;</a>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd">%x;]><a/>',
    "a schema elsewhere": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "an entity nobody declared": "<a>&nbsp;</a>",
    "nothing": "",
    "only blanks": "  \n ",
    "only a declaration": '<?xml version="1.0"?>',
    "two roots": "<a/><b/>",
    "an open element": "<a><b></a>",
    "a NUL": "<a>\0</a>",
    "a reference to NUL": "<a>&#0;</a>",
    "half a character": "<a>&#xD800;</a>",
    "a control character": "<a>\x0b</a>",
    "the same attribute twice": '<a b="1" b="2"/>',
    "a prefix nobody declared": "<x:a/>",
    "a well of elements": "<a>" * 100_000,
    "more than anybody reads": f"<a>{'<b/>' * 50_000}</a>",
    "deep enough to drown": "<a>" * 65 + "</a>" * 65,
    "a card and nothing else": "<PaymentCard/>",
    "an encoding that packs": '<?xml version="1.0" encoding="zlib"?><a/>',
    "an encoding that escapes": '<?xml version="1.0" encoding="unicode_escape"?><a/>',
    "an encoding nobody knows": '<?xml version="1.0" encoding="ROT26"?><a/>',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_are_refused(text: str):
    with pytest.raises(NotANotice):
        read(text.encode())


def test_hostile_documents_are_refused_in_wide_characters_as_well():
    for text in (text for name, text in HOSTILE.items() if "encoding" not in name):
        with pytest.raises(NotANotice):
            read(text.encode("utf-16"))


def test_a_document_has_a_bound():
    with pytest.raises(NotANotice):
        read(b"<a>" + b" " * MOST_BYTES + b"</a>")


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8", None),
        ("utf-8-sig", "UTF-8"),
        ("utf-8", "UTF-16"),
        ("utf-16", "UTF-16"),
        ("utf-16", None),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", None),
        ("iso-8859-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("iso-8859-15", "iso-8859-15"),
    ],
)
def test_documents_are_read_in_the_encodings_that_senders_use(encoding: str, declared: str | None):
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    assert read(f"{head}<a>é</a>".encode(encoding)).text == "é"


def test_an_encoding_that_is_not_the_declared_one_is_refused():
    with pytest.raises(NotANotice):
        read('<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode("latin-1"))


def test_blanks_before_the_declaration_are_forgiven():
    assert read(b'\n <?xml version="1.0"?><a/>').tag == "a"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes):
    try:
        read(body)
    except NotANotice:
        return


@given(st.text(alphabet="<>&;/?!=\"' aA1#x\n[]-", max_size=200))
def test_anything_like_markup_is_read_or_refused_and_can_be_kept(text: str):
    body = text.encode()
    try:
        read(body)
    except NotANotice:
        redacted(body)


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────────

CARDS = {
    "an element": f"<PaymentCard><CardNumber>{NUMBER}</CardNumber><SeriesCode>737</SeriesCode></PaymentCard>",
    "an attribute": f'<PaymentCard CardNumber="{NUMBER}" SeriesCode="737" ExpireDate="1228"/>',
    "plain text inside": f"<PaymentCard><CardNumber><PlainText>{NUMBER}\n</PlainText></CardNumber></PaymentCard>",
    "a name of another": f"<CreditCardInfo><Nr>{NUMBER}</Nr><CVV2>737</CVV2></CreditCardInfo>",
    "a comment for people": f"<Comments><Comment><Text>VISA {CARD}, CVV 737</Text></Comment></Comments>",
    "an unknown element": f"<TPA_Extensions><Any>{NUMBER}</Any></TPA_Extensions>",
    "an unknown attribute": f'<TPA_Extensions any="{CARD}"/>',
    "a remark of XML": f"<!-- {NUMBER} -->",
    "an instruction of XML": f"<?card {NUMBER}?>",
    "unparsed characters": f"<Text><![CDATA[{CARD}]]></Text>",
    "references to characters": "<Text>" + "".join(f"&#{ord(c)};" for c in NUMBER) + "</Text>",
    "a bank account": "<BankAcct BankID='5'><Nr>737</Nr></BankAcct>",
}


@pytest.mark.parametrize("more", CARDS.values(), ids=CARDS)
def test_what_is_kept_of_a_document_holds_no_card_and_is_read_the_same(more: str):
    document = notif(reservation(more=more, guests=guest()))
    kept = redacted(document)
    assert NUMBER[:8] not in kept.decode()
    assert CARD not in kept.decode()
    assert b"737" not in kept
    assert message_of(kept).reservations[0].notice.external_id == "BDC-4711"
    assert message_of(kept).reservations[0].notice.rooms == message_of(document).reservations[0].notice.rooms
    assert redacted(kept) == kept


@pytest.mark.parametrize("more", CARDS.values(), ids=CARDS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_what_is_kept_of_broken_documents_holds_no_card_either(more: str, encoding: str):
    kept = redacted(f"<a>{more}<b></a>".encode(encoding))
    assert NUMBER[:8] not in kept.decode("utf-8", "replace")
    assert CARD not in kept.decode("utf-8", "replace")


def test_a_document_without_cards_is_kept_as_it_came():
    document = notif(reservation(stays=room_stay()))
    assert redacted(document) == document


def test_the_number_a_reservation_is_known_by_is_kept():
    document = notif(reservation(NUMBER, more=f"<Any>{NUMBER}</Any>"))
    assert message_of(redacted(document)).reservations[0].notice.external_id == NUMBER
    assert redacted(document).count(NUMBER.encode()) == 1

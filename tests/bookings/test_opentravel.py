"""A reservation of OpenTravel is a native notice, whatever the version of the standard and the habits of the sender."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.bookings.inbound import native
from services.bookings.inbound.opentravel.messages import MOST_RESERVATIONS, message_of
from services.contracts.bookings import NotANotice, NoticeRoom
from services.contracts.values import Price
from tests.bookings.xml_messages import (
    ANA,
    CARD,
    NAMESPACE,
    POS,
    cancel,
    guest,
    modify,
    notif,
    pointers,
    read,
    read_notice,
    reservation,
    room_stay,
)

# ── what it is about ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_commit_is_a_new_booking_of_the_sender():
    said = read_notice(notif())
    assert (said.source, said.external_id, said.status) == ("booking.com", "BDC-4711", "new")
    assert (said.property, said.channel) == ("LIS-CITY", "booking.com")
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 4))
    assert said.rooms == (
        NoticeRoom(room_type="A", rate="BAR", adults=2, price=Price(amount="300.00", currency="EUR")),
    )


@pytest.mark.parametrize(
    ("of_message", "of_reservation", "status"),
    [
        ("Commit", "", "new"),
        ("Commit", "Modify", "modified"),
        ("Modify", "", "modified"),
        ("Cancel", "", "cancelled"),
        ("", "Cancelled", "cancelled"),
        ("", "Canceled", "cancelled"),
        ("", "In-house", "in_house"),
        ("", "Checked-Out", "departed"),
        ("", "No-show", "no_show"),
        ("", "", "new"),
    ],
)
def test_the_status_of_the_reservation_goes_before_that_of_the_message(of_message, of_reservation, status):
    assert read_notice(notif(reservation(status=of_reservation), status=of_message)).status == status


@pytest.mark.parametrize("status", ["", "Commit", "Modify"])
def test_committed_modifications_are_modifications(status):
    said = read_notice(modify(reservation(name="HotelResModify"), status=status))
    assert said.status == "modified"


def test_a_modification_may_cancel():
    assert read_notice(modify(reservation(name="HotelResModify"), status="Cancel")).status == "cancelled"


def test_a_status_that_is_none_is_a_fault():
    assert pointers(notif(reservation(status="Perhaps"))) == ["/status"]


@pytest.mark.parametrize("namespace", ["", f'xmlns="{NAMESPACE}"', 'xmlns="http://www.opentravel.org/OTA/2002/08"'])
def test_namespaces_do_not_matter(namespace):
    document = notif().replace(f'xmlns="{NAMESPACE}"'.encode(), namespace.encode())
    assert read_notice(document) == read_notice(notif())


def test_prefixed_names_are_read_as_well():
    document = (
        notif().replace(b"<", b"<o:").replace(b"<o:/", b"</o:").replace(b"<o:?", b"<?").replace(b"xmlns=", b"xmlns:o=")
    )
    assert read_notice(document) == read_notice(notif())


@pytest.mark.parametrize(
    "soap", ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"]
)
def test_a_message_may_come_in_an_envelope(soap):
    inside = notif().partition(b"?>")[2].decode()
    document = f'<s:Envelope xmlns:s="{soap}"><s:Header/><s:Body>{inside}</s:Body></s:Envelope>'.encode()
    assert read_notice(document) == read_notice(notif())
    assert message_of(document).soap == soap


# ── who speaks, and by which number ──────────────────────────────────────────────────────────────────────────────────


def test_what_the_caller_is_known_as_goes_before_what_the_message_says():
    assert read_notice(notif(), "synxis").source == "synxis"


@pytest.mark.parametrize(
    ("pos", "source"),
    [
        (POS, "booking.com"),
        ('<POS><Source><RequestorID ID="7" ID_Context="crs"/></Source></POS>', "crs"),
        ('<POS><Source><RequestorID ID="7"/></Source></POS>', "7"),
        ("", "opentravel"),
    ],
)
def test_the_source_is_the_name_that_stays_the_same(pos, source):
    assert read_notice(notif(pos=pos)).source == source


@pytest.mark.parametrize(
    ("requestor", "channel", "method"),
    [
        ("13", "7", "ota"),
        ("5", "1", "agency"),
        ("4", "7", "company"),
        ("22", "1", "gds"),
        ("22", "7", "web"),
        ("22", "9", None),
    ],
)
def test_how_it_was_booked_follows_from_who_asked_through_which_channel(requestor, channel, method):
    pos = f'<POS><Source><RequestorID Type="{requestor}" ID="1"/><BookingChannel Type="{channel}"/></Source></POS>'
    assert read_notice(notif(pos=pos)).method == method


IDS = """<HotelReservationIDs><HotelReservationID ResID_Type="14" ResID_Value="ours" ResID_Source="Foyer"/>
<HotelReservationID ResID_Type="14" ResID_Value="82329987" ResID_Source="Chain"/>
<HotelReservationID ResID_Type="{kind}" ResID_Value="7865" ResID_Source="{name}"/></HotelReservationIDs>"""


def test_without_a_unique_id_the_number_is_the_one_of_the_sender():
    said = IDS.format(kind="16", name="Booking.COM")
    assert read_notice(notif(reservation("", overall=said))).external_id == "7865"


def test_else_it_is_the_broker_s():
    assert read_notice(notif(reservation("", overall=IDS.format(kind="13", name="Broker")))).external_id == "7865"


def test_else_it_is_that_of_a_reservation_but_never_ours():
    assert read_notice(notif(reservation("", overall=IDS.format(kind="16", name="Other")))).external_id == "82329987"


def test_a_cancellation_names_all_its_numbers():
    said = read(cancel("PNR1", "BDC-4711"))
    assert (said.notice.status, said.notice.external_id, said.ids) == ("cancelled", "PNR1", ("PNR1", "BDC-4711"))


def test_in_a_cancellation_the_sender_s_own_number_goes_first():
    own = b'<UniqueID Type="14" ID="OWN"><CompanyName>booking.com</CompanyName></UniqueID></OTA_CancelRQ>'
    assert read(cancel("PNR1").replace(b"</OTA_CancelRQ>", own)).ids == ("OWN", "PNR1")


def test_when_it_became_so_is_the_reservation_s_own_time_else_the_message_s():
    last = 'LastModifyDateTime="2026-11-19T08:00:00+01:00" CreateDateTime="2026-11-18T08:00:00"'
    said = read(notif(reservation(attributes=last)))
    assert said.modified_at == datetime(2026, 11, 19, 7, tzinfo=UTC)
    assert said.notice.booked_at == datetime(2026, 11, 18, 8, tzinfo=UTC)
    assert read(notif()).modified_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_rooms_at_two_properties_are_not_one_reservation():
    stays = room_stay() + room_stay(hotel='<BasicPropertyInfo HotelCode="OPO"/>')
    assert pointers(notif(reservation(stays=stays))) == ["/property"]


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "span",
    [
        '<TimeSpan Start="2026-12-01" End="2026-12-04"/>',
        '<TimeSpan Start="2026-12-01" Duration="P3D"/>',
        '<TimeSpan Start="2026-12-01" Duration="P3N"/>',
        '<TimeSpan Start="2026-12-01T15:00:00" End="2026-12-04T11:00:00+01:00"/>',
    ],
)
def test_a_stay_ends_or_lasts(span):
    said = read_notice(notif(reservation(stays=room_stay(span=span))))
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 4))


def test_the_time_of_the_whole_reservation_is_that_of_rooms_without_one():
    said = read_notice(
        notif(reservation(stays=room_stay(span=""), overall='<TimeSpan Start="2026-12-01" Duration="P1W"/>'))
    )
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 8))


@pytest.mark.parametrize(
    "rates",
    [
        [("2026-12-01", "2026-12-04")],
        [("2026-12-01", "2026-12-02"), ("2026-12-02", "2026-12-03"), ("2026-12-03", "2026-12-04")],
        [("2026-12-01", "2026-12-01"), ("2026-12-02", "2026-12-02"), ("2026-12-03", "2026-12-03")],
        [("2026-12-01", ""), ("2026-12-03", "")],
    ],
)
def test_who_says_no_time_stays_for_the_days_of_the_rates(rates):
    each = "".join(f'<Rate EffectiveDate="{a}" {f"ExpireDate={b!r}" if b else ""}/>' for a, b in rates)
    stays = room_stay(f"<RoomRates><RoomRate><Rates>{each}</Rates></RoomRate></RoomRates>", span="")
    said = read_notice(notif(reservation(stays=stays)))
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 4))


def test_rooms_keep_the_dates_that_differ_from_the_booking_s():
    stays = room_stay() + room_stay(span='<TimeSpan Start="2026-12-02" End="2026-12-03"/>')
    long, short = read_notice(notif(reservation(stays=stays))).rooms
    assert (long.arrival, long.departure) == (None, None)
    assert (short.arrival, short.departure) == (date(2026, 12, 2), date(2026, 12, 3))


@pytest.mark.parametrize(
    ("span", "pointer"),
    [
        ('<TimeSpan Start="2026-02-30" End="2026-12-04"/>', "/arrival"),
        ('<TimeSpan Start="tomorrow" Duration="P1N"/>', "/arrival"),
        ('<TimeSpan Start="9999-12-31" Duration="P9N"/>', "/arrival"),
        ('<TimeSpan Start="2026-12-01" End="soon"/>', "/departure"),
        ('<TimeSpan Start="2026-12-01" Duration="PT12H"/>', "/departure"),
        ('<TimeSpan Start="2026-12-01"/>', "/departure"),
    ],
)
def test_a_time_that_is_none_is_a_fault(span, pointer):
    assert pointers(notif(reservation(stays=room_stay(span=span)))) == [pointer]


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_requests_hold_what_people_should_read_each_thing_once():
    comment = "<Comments><Comment><Text>Late arrival,\n  about 23h</Text></Comment></Comments>"
    more = f'{comment}<SpecialRequests><SpecialRequest RequestCode="COT"/></SpecialRequests>'
    service = '<Services><Service ServiceInventoryCode="BREAKFAST" Quantity="2"/></Services>'
    said = read_notice(notif(reservation(stays=room_stay(more), overall=comment, more=service)))
    assert said.requests == "COT\nLate arrival,\nabout 23h\nService: 2 × BREAKFAST"


def test_long_comments_are_cut_and_cost_no_booking():
    comment = f"<Comments><Comment><Text>{'x' * 9000}</Text></Comment></Comments>"
    requests = read_notice(notif(reservation(overall=comment))).requests
    assert requests
    assert (len(requests), requests[-1]) == (4000, "…")


def test_marks_that_turn_the_writing_are_left_out():
    comment = "<Comments><Comment><Text>late \u202e arrival</Text></Comment></Comments>"
    assert read_notice(notif(reservation(overall=comment))).requests == "late arrival"


def test_a_block_and_a_room_without_smoke_are_known():
    said = read_notice(
        notif(reservation(stays=room_stay(room_type='RoomTypeCode="A" NonSmoking="true" InvBlockCode="WED26"')))
    )
    assert (said.group, said.needs) == ("WED26", ("non-smoking",))


def test_card_numbers_are_in_nothing_that_is_read():
    card = f'<PaymentCard CardNumber="{CARD}" SeriesCode="737"><CardHolderName>{CARD}</CardHolderName></PaymentCard>'
    guarantee = (
        f"<Guarantee><GuaranteesAccepted><GuaranteeAccepted>{card}</GuaranteeAccepted></GuaranteesAccepted></Guarantee>"
    )
    comment = f"<Comments><Comment><Text>my card {CARD}</Text></Comment></Comments>"
    customer = ANA.replace("<Surname>Silva", f"<Surname>Silva {CARD}")
    said = read_notice(notif(reservation(stays=room_stay(guarantee), guests=guest(customer), overall=comment)))
    assert "1111" not in str(said)
    assert "737" not in str(said)


# ── what is only asked for, and what is no message ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["Requested", "Waitlisted", "Pending"])
def test_what_nobody_has_promised_holds_no_room(status):
    said = read_notice(notif(reservation(status=status)))
    assert (said.status, said.tentative, said.rooms) == ("new", True, ())
    assert said.requests
    assert said.requests.startswith("Asked for: A / BAR, 2 adults, 300.00 EUR")


def test_a_cancellation_does_not_stumble_over_what_it_cancels():
    said = read_notice(
        notif(reservation(status="Cancelled", stays=room_stay(span='<TimeSpan Start="never"/>', hotel="")))
    )
    assert (said.status, said.property, said.rooms) == ("cancelled", "", ())


@pytest.mark.parametrize(
    "document",
    [b"<OTA_AirBookRQ/>", b"<html/>", f'<OTA_HotelResNotifRS xmlns="{NAMESPACE}"/>'.encode(), b"<Envelope/>"],
)
def test_other_documents_are_refused(document):
    with pytest.raises(NotANotice):
        message_of(document)


@pytest.mark.parametrize("count", [0, MOST_RESERVATIONS + 1])
def test_a_message_has_from_one_to_a_hundred_reservations(count):
    listed = f"<HotelReservations>{'<HotelReservation/>' * count}</HotelReservations>"
    message = message_of(f"<OTA_HotelResNotifRQ>{listed}</OTA_HotelResNotifRQ>".encode())
    assert (len(message.faults), message.reservations) == (1, ())


def test_a_reservation_of_nothing_has_faults_and_breaks_nothing():
    (found,) = message_of(
        b"<OTA_HotelResNotifRQ><HotelReservations><HotelReservation/></HotelReservations></OTA_HotelResNotifRQ>"
    ).reservations
    with pytest.raises(NotANotice):
        native.well_formed(found.notice)

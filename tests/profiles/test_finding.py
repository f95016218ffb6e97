"""Finding somebody as one types."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.profiles import ChangeProfile, CreateProfile, Email, FindProfiles, NameForm, Phone
from services.profiles.domain.search import LAST, Words, slips
from services.profiles.store import finding, guessing
from tests.profiles.conftest import Register


def enter(register: Register, given: str | None, family: str | None, **more: object) -> str:
    return str(register.service.create_profile(CreateProfile(given_name=given, family_name=family, **more)).id)


def matched(register: Register, **wanted: object) -> list[tuple[str, str]]:
    return [(each.field, each.how) for each in register.service.find_profiles(FindProfiles(**wanted)).matched]


def test_a_name_is_found_from_the_first_letter_to_the_last(register: Register):
    zbigniew = enter(register, "Zbigniew", "Brzęczyszczykiewicz")
    enter(register, "Ana", "Silva")
    typed = "zbigniew brzeczyszczykiewicz"
    for length in range(1, len(typed) + 1):
        assert register.finds(q=typed[:length]) == [zbigniew], typed[:length]


@pytest.mark.parametrize(
    "typed", ["goncalvez", "gonclaves", "gonalves", "gonccalves", "jose goncalvez", "goncalvse jose"]
)
def test_a_slip_of_the_finger_still_finds(register: Register, typed: str):
    jose = enter(register, "José", "Gonçalves")
    enter(register, "Ana", "Silva")
    assert register.finds(q=typed) == [jose]


def test_a_slip_in_the_beginning_of_a_name_still_finds(register: Register):
    jose = enter(register, "José", "Gonçalves")
    assert register.finds(q="gomcal") == [jose]


@pytest.mark.parametrize("typed", ["rui brabelsen", "brabelsen riu", "rri brabelsen", "ri brabelsen", "brabelsen rxi"])
def test_a_slip_in_a_short_name_finds_beside_another_word(register: Register, typed: str):
    rui = enter(register, "Rui", "Brabelsen")
    enter(register, "Rita", "Lopes")
    assert register.finds(q=typed) == [rui]


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("anna lincahetti", "Anna"),
        ("ana lincahetti", "Ana"),
        ("lincahetti anja", "Anja"),
        ("hanna lincahetti", "Hanna"),
    ],
)
def test_of_what_may_have_been_meant_the_name_with_fewest_slips_over_all_words_is_first(
    register: Register, typed: str, nearest: str
):
    for given in ("Ana", "Anna", "Anja", "Hanna"):
        for _ in range(3):
            enter(register, given, "Linchaetti")
    found = register.service.find_profiles(FindProfiles(q=typed, limit=3)).items
    assert [profile.given_name for profile in found] == [nearest] * 3


def test_with_as_many_slips_the_name_that_is_more_alike_is_first(register: Register):
    enter(register, "Anders", "Fermamann")
    andrea = enter(register, "Andrea", "Fermamann")
    assert register.finds(q="fermamann andea")[0] == andrea


def test_many_who_are_called_what_was_typed_do_not_shut_out_who_may_have_been_meant(register: Register):
    martins = [enter(register, "Ana", "Martin") for _ in range(12)]
    martini = [enter(register, "Anna", "Martin") for _ in range(2)]
    page = register.service.find_profiles(FindProfiles(q="ana martin", limit=10))
    assert [hit.how for hit in page.matched] == ["whole"] * 8 + ["similar"] * 2
    assert sorted(str(profile.id) for profile in page.items[8:]) == sorted(martini)
    behind = register.service.find_profiles(FindProfiles(q="ana martin", limit=10, cursor=page.next))
    assert sorted(str(profile.id) for profile in (*page.items[:8], *behind.items)) == sorted(martins)


def test_a_slip_in_other_letters_finds(register: Register):
    ivan = enter(register, "Иван", "Петров")
    giorgos = enter(register, "Γιώργος", "Παππάς")
    assert [register.finds(q=q) for q in ("петрво", "иавн петров", "παππσα")] == [[ivan], [ivan], [giorgos]]


def test_what_is_another_name_is_no_slip(register: Register):
    enter(register, "Mario", "Costa")
    assert register.finds(q="dario") == register.finds(q="costello") == []


@pytest.mark.parametrize(
    ("given", "family", "typed"),
    [
        ("Иван", "Петров", ["иван", "ПЕТР", "ivan", "petrov iv"]),
        ("Γιώργος", "Παπαδόπουλος", ["γιωργος", "giorgos", "papadop"]),
        ("伟", "王", ["王", "wang", "wang wei"]),
        ("محمد", "حسن", ["محمد", "mhmd"]),
        ("Jürgen", "Größmann", ["jurgen", "grossmann", "größ"]),
    ],
)
def test_a_name_in_another_script_is_found_in_it_and_as_it_sounds(register: Register, given, family, typed):
    who = enter(register, given, family)
    enter(register, "Ana", "Silva")
    for q in typed:
        assert register.finds(q=q) == [who], q


def test_what_is_typed_in_another_script_finds_the_name_in_latin_letters(register: Register):
    ivan = enter(register, "Ivan", "Petrov")
    assert register.finds(q="Иван") == register.finds(q="петров иван") == [ivan]


def test_every_form_of_a_name_finds_it(register: Register):
    form = NameForm(script="Cyrl", given_name="Анна", family_name="Иванова")
    anna = enter(register, "Anna", "Ivanova", name_forms=(form,))
    for q in ("иванова", "анна iva", "anna"):
        assert register.finds(q=q) == [anna], q


def test_it_is_said_what_was_found_and_how(register: Register):
    enter(register, "Ana", "")
    enter(register, "Ana Maria", "Zink")
    enter(register, "Anabela", "Lopes")
    enter(register, "Mariana", "Lopes")
    assert matched(register, q="ana") == [
        ("name", "whole"), ("name", "words"), ("name", "beginning"), ("name", "part")
    ]  # fmt: skip
    assert matched(register, q="zinck") == [("name", "similar")]
    assert matched(register) == []


def test_the_beginning_of_an_address_its_domain_and_all_of_it_find(register: Register):
    ana = enter(register, "Ana", "Silva", emails=(Email(address="Ana.Silva@hotel-lis.pt"),))
    enter(register, "Bo", "Ek", emails=(Email(address="bo@example.org"),))
    for q, how in (
        ("ana.sil@", None),
        ("ana.silva@hotel-lis.pt", "exact"),
        ("ana.silva@hot", "beginning"),
        ("@hotel-lis.pt", "tail"),
    ):
        assert register.finds(q=q) == ([ana] if how else []), q
        assert matched(register, q=q) == ([("email", how)] if how else [])


def test_the_end_of_a_telephone_number_finds_however_it_is_written(register: Register):
    ana = enter(register, "Ana", "Silva", phones=(Phone(number="+351912345678"),))
    enter(register, "Bo", "Ek", phones=(Phone(number="+351912345999"),))
    for q in ("5678", "345 678", "912-345-678", "+351 912 345 678", "(912) 345678", "0912345678"):
        assert register.finds(q=q) == [ana], q
    assert register.finds(q="567") == []


def test_who_is_called_otherwise_now_is_found_by_the_new_name_only(register: Register):
    ana = enter(register, "Ana", "Silva")
    register.service.change_profile(ChangeProfile(profile_id=UUID(ana), version=1, family_name="Costa"))
    assert register.finds(q="costa") == register.finds(q="ana") == [ana]
    assert register.finds(q="silva") == []


def test_words_are_kept_whoever_writes_a_name_and_go_with_the_profile(databases, register: Register):
    admin = databases.admin("profiles")
    one, other = uuid4(), uuid4()
    for who, name in ((one, " xeno fink "), (other, " yara fink ")):
        admin.execute(
            "INSERT INTO profiles (id, version, kind, stage, match_name, search_name, created_at, changed_at)"
            " VALUES (%s, 1, 'person', 'guest', '', %s, now(), now())",
            [who, name],
        )
    assert register.finds(q="fink") == [str(one), str(other)]
    admin.execute("UPDATE profiles SET search_name = ' xeno falk ' WHERE id = %s", [one])
    assert register.finds(q="falk") == [str(one)]
    admin.execute("UPDATE profiles SET version = version + 1")
    admin.execute("DELETE FROM profiles WHERE id = %s", [other])
    assert register.finds(q="fink") == []
    words = admin.execute("SELECT word FROM name_words ORDER BY word").fetchall()
    assert [word for (word,) in words] == ["falk", "xeno"]


def test_a_name_longer_than_an_index_takes_is_found_by_each_of_its_words(register: Register):
    given = " ".join(f"名字{n}ñandú" for n in range(9))[:100]
    form = NameForm(script="Latn", given_name="x" * 100, family_name="y" * 100, second_family_name="z" * 100)
    who = enter(register, given, given[::-1], second_family_name=given, name_forms=(form,))
    for q in ("名字3", "z" * 20, "x" * 90):
        assert register.finds(q=q) == [who], q


def test_pages_go_through_all_the_ways_of_being_found_once(register: Register):
    for given, family in (
        ("Ana", "Ana"),
        ("Ana", "Lima"),
        ("Anabela", "Ana"),
        ("Lia", "Anastasia"),
        ("Anja", "Ana Lima"),
    ):
        for _ in range(3):
            enter(register, given, family)
    for q in ("ana", "an", "a", "ana l", "anas lia"):
        found = register.service.find_profiles(FindProfiles(q=q))
        listed = zip(found.items, found.matched, strict=True)
        whole = [str(profile.id) for profile, hit in listed if hit.how in ("whole", "words", "beginning")]
        paged: list[str] = []
        cursor = None
        while True:
            page = register.service.find_profiles(FindProfiles(q=q, limit=2, cursor=cursor))
            paged += [str(profile.id) for profile in page.items]
            assert len(page.matched) == len(page.items)
            if not (cursor := page.next):
                break
            assert "ana" not in cursor
        assert paged == whole
        assert len(whole) == len(set(whole))


@pytest.mark.parametrize(
    ("typed", "written", "sounds"),
    [
        ("иванов", ["Иванов", "Ивановский", "Иванова"], ["Ivanov", "Ivanova", "Ivanovich"]),
        ("иван п", ["Иван Петров", "Иван Пушкин", "Иванна Попова"], ["Ivan Petrov", "Ivana Popova", "Ivan Putin"]),
        ("παπα", ["Παπαδάκης", "Παπαδόπουλος", "Παπά"], ["Papa", "Papadakis", "Papadopoulos"]),
    ],
)
def test_a_list_in_other_letters_goes_through_what_is_written_and_what_sounds_so_once(
    register: Register, typed: str, written: list[str], sounds: list[str]
):
    both = [NameForm(script="Latn", family_name=sounds[0])]
    expected = [enter(register, None, name) for name in (*written, *sounds)]
    expected += [enter(register, None, name, name_forms=both) for name in written]
    for limit in (1, 2, 3):
        paged, cursor = [], None
        while True:
            page = register.service.find_profiles(FindProfiles(q=typed, limit=limit, cursor=cursor))
            paged += [str(profile.id) for profile in page.items]
            if not (cursor := page.next):
                break
        assert sorted(paged) == sorted(expected)


def test_a_page_goes_on_behind_who_has_gone_meanwhile(databases, register: Register):
    for family in ("Abel", "Abt", "Acker"):
        enter(register, "Ana", family)
    page = register.service.find_profiles(FindProfiles(q="ana", limit=1))
    databases.admin("profiles").execute("DELETE FROM profiles WHERE id = %s", [page.items[0].id])
    assert len(register.service.find_profiles(FindProfiles(q="ana", limit=5, cursor=page.next)).items) == 2


@pytest.mark.parametrize(
    "q", ["%", "_", "\\", "' OR 1=1", "a%", "%%%%", "*", "a_a", "\u202e", "💥", "a " * 90, "@", "@@", "+" * 50]
)
def test_hostile_questions_find_nobody_and_break_nothing(register: Register, q: str):
    enter(register, "Bo", "Ek")
    assert register.finds(q=q) == []


def test_those_who_bring_the_same_new_words_at_once_do_not_block_one_another(register: Register):
    def bring(n: int) -> str:
        names = [f"Neu{(n + m) % 5}{'x' * m}" for m in range(5)]
        return enter(register, " ".join(names), f"Eigen{n}")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(bring, range(24)))
    assert sorted(register.finds(q="neu0", limit=50)) == sorted(made)


@pytest.mark.parametrize(
    ("said", "word", "found"),
    [("silvs", "silva", 1), ("silva", "silva", 0), ("slva", "silva", 1), ("silav", "silva", 1), ("silv", "silva", 0),
     ("gonca", "goncalves", 0), ("gomca", "goncalves", 1), ("costa", "silva", None), ("dario", "mario", None),
     ("brzecyszczykievicz", "brzeczyszczykiewicz", 2)],
)  # fmt: skip
def test_slips_are_counted(said: str, word: str, found: int | None):
    assert slips(said, word) == found


def test_however_many_there_are_ranges_of_an_index_are_read(databases, register: Register):
    admin = databases.admin("profiles")
    admin.execute(
        "INSERT INTO profiles (id, version, kind, stage, match_name, search_name, created_at, changed_at)"
        " SELECT gen_random_uuid(), 1, 'person', 'guest', '',"
        " CASE WHEN n % 10 = 0 THEN ' maria ' ELSE ' ' || md5('x' || n) || ' ' END || md5(n::text) || ' ', now(), now()"
        " FROM generate_series(1, 20000) AS n"
    )
    admin.execute(
        "INSERT INTO contact_points (profile_id, key, kind, value, type, is_primary, verified, relay)"
        " SELECT id, '+351' || row_number() OVER (), 'phone', '', '', true, false, false FROM profiles"
    )
    for table in ("profiles", "name_words", "known_words", "contact_points"):
        admin.execute(sa.text(f"ANALYZE {table}").text)
    words = Words(("maria", "abc"))
    said = {"word": "maria", "last": "maria" + LAST, "orders": words.orders, "wholes": words.wholes,
            "starts": words.starts[1:], "broad": 100_000, "most": 21, "words": ["mari", "abcde"], "lasts": ["x", "y"],
            "start": "ab", "start_last": "ac", "end": "ab", "end_last": "ac", "kind": "phone"}  # fmt: skip
    said |= {"slipped": ["abcd"], "firsts": ["abc"], "lasts": ["abd"], "places": [0], "count": 1, "before": [""],
             "parts": 30, "patterns_1": ["% abc%"], "names": [" maria abc "]}  # fmt: skip
    statements = (finding._STAGES[False, None], finding._STAGES[True, None], guessing._MEANT, finding._COUNT,
                  guessing._COUNT_RANGES, guessing._guessing(0, 2), guessing._CALLED, guessing._WITH_TWO,
                  finding._BY_START, finding._BY_END)  # fmt: skip
    lines = {guessing._MEANT: ("slipped", "firsts", "lasts"), guessing._WITH_TWO: ("words", "firsts", "lasts")}
    for statement in statements:
        asked = said | {name: "\n".join(said[name]) for name in lines.get(statement, ())}
        text = re.sub(r"(?<!:):(\w+)", r"%(\1)s", str(statement).replace("%", "%%"))
        plan = str(admin.execute("EXPLAIN " + text, {k: asked[k] for k in statement.compile().params}).fetchall())
        assert "Seq Scan" not in plan, plan

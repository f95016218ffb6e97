"""Tasks: added, changed, done, listed, and reminded of by the clock; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    AddTask,
    ChangeTask,
    FindTasks,
    FinishTask,
    NoSuchProfile,
    NoSuchTask,
    NotATask,
    ReadTask,
    ReopenTask,
    Task,
    TaskHasChanged,
)
from services.kit.refusal import Invalid
from services.kit.scope import NotYourProperty
from tests.profiles.callers import speaking_as
from tests.profiles.conftest import Register
from tests.profiles.people import ana_as_entered

LISBON, PORTO = uuid4(), uuid4()
LONG_AGO = datetime(2026, 1, 1, 9, tzinfo=UTC)
FAR = datetime(2099, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def ana(register: Register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def add(register: Register, ana: UUID, title: str = "Call about the cot", **other) -> Task:
    return register.service.add_task(AddTask(profile_id=ana, title=title, **other))


def reminded(register: Register) -> list[str]:
    return [said["task_id"] for said in register.announced("task.due.v1")]


def found(register: Register, **wanted) -> list[UUID]:
    return [task.id for task in register.service.find_tasks(FindTasks(**wanted)).items]


def test_what_was_added_is_read_again(register: Register, ana):
    with speaking_as("staff:ines"):
        task = add(register, ana, text="Twin or single?", assignee="staff:rui", property_id=LISBON, due_at=FAR)
    assert register.service.read_task(ReadTask(task_id=task.id)) == task
    assert (task.author, task.version, task.due_on, task.remind_at) == ("staff:ines", 1, date(2099, 1, 1), FAR)
    assert register.announced("task.changed.v1") == [
        {"task_id": str(task.id), "version": 1, "profile_id": str(ana)},
    ]


def test_a_day_at_the_property_is_due_at_its_end_there(register: Register, ana):
    task = add(register, ana, property_id=LISBON, due_on=date(2026, 7, 1), time_zone="Europe/Lisbon")
    assert task.due_at == datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC)
    assert task.due_on == date(2026, 7, 1)
    tokyo = add(register, ana, due_at=datetime(2026, 7, 1, 20, tzinfo=UTC), time_zone="Asia/Tokyo")
    assert tokyo.due_on == date(2026, 7, 2)


def test_a_task_is_reminded_of_once_also_after_a_pause(register: Register, ana):
    late, due = add(register, ana, due_at=LONG_AGO), add(register, ana, due_at=FAR, remind_at=LONG_AGO)
    add(register, ana, due_at=FAR)
    for _ in range(3):
        register.service.remind_of_tasks()
    assert sorted(reminded(register)) == sorted([str(late.id), str(due.id)])
    assert register.service.read_task(ReadTask(task_id=late.id)).reminded_at is not None


def test_those_who_remind_at_once_remind_once(register: Register, ana):
    tasks = [add(register, ana, due_at=LONG_AGO) for _ in range(10)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: register.service.remind_of_tasks(), range(4)))
    assert sorted(reminded(register)) == sorted(str(task.id) for task in tasks)


def test_nobody_is_reminded_of_what_is_done(register: Register, ana):
    task = add(register, ana, due_at=LONG_AGO)
    register.service.finish_task(FinishTask(task_id=task.id))
    register.service.remind_of_tasks()
    assert reminded(register) == []


def test_another_due_date_is_reminded_of_anew(register: Register, ana):
    task = add(register, ana, due_at=LONG_AGO)
    register.service.remind_of_tasks()
    said = ChangeTask(task_id=task.id, version=1, due_at=LONG_AGO + timedelta(hours=1))
    assert register.service.change_task(said).remind_at == LONG_AGO + timedelta(hours=1)
    register.service.remind_of_tasks()
    assert reminded(register) == [str(task.id)] * 2


def test_it_is_done_once_and_open_again(register: Register, ana):
    task = add(register, ana)
    with speaking_as("staff:ines"):
        done = register.service.finish_task(FinishTask(task_id=task.id))
    with speaking_as("staff:rui"):
        assert register.service.finish_task(FinishTask(task_id=task.id)) == done
    assert (done.done_by, done.version) == ("staff:ines", 2)
    assert found(register, profile_id=ana) == []
    assert found(register, profile_id=ana, state="done") == [task.id]
    again = register.service.reopen_task(ReopenTask(task_id=task.id))
    assert (again.done_at, again.done_by, again.version) == (None, None, 3)
    assert found(register, profile_id=ana) == [task.id]


def test_a_change_replaces_and_clears(register: Register, ana):
    task = add(register, ana, text="Twin?", assignee="staff:rui", due_at=FAR)
    said = ChangeTask(task_id=task.id, version=1, title="Call her", clear=("text", "due_at"))
    after = register.service.change_task(said)
    assert (after.title, after.text, after.due_at, after.due_on, after.remind_at, after.assignee) == (
        "Call her", None, None, None, None, "staff:rui",
    )  # fmt: skip
    with pytest.raises(TaskHasChanged):
        register.service.change_task(said)


def test_of_those_who_change_a_task_at_once_one_wins(register: Register, ana):
    task = add(register, ana)

    def attempt(number: int) -> bool:
        try:
            register.service.change_task(ChangeTask(task_id=task.id, version=1, title=f"Title {number}"))
        except TaskHasChanged:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1


def test_pages_follow_one_another_due_first_and_those_without_a_date_last(register: Register, ana):
    never = [add(register, ana).id for _ in range(3)]
    dated = [add(register, ana, due_at=FAR + timedelta(days=day)).id for day in (3, 1, 2, 1)]
    whole = found(register)
    assert whole[:1] + whole[2:3] != []
    assert [whole.index(dated[n]) for n in (2, 0)] == [2, 3]
    assert set(whole[:2]) == {dated[1], dated[3]}
    assert set(whole[4:]) == set(never)
    paged: list[UUID] = []
    cursor = None
    while True:
        page = register.service.find_tasks(FindTasks(limit=2, cursor=cursor))
        paged += [task.id for task in page.items]
        if not (cursor := page.next):
            break
    assert paged == whole


def test_tasks_are_found_by_who_where_and_when(register: Register, ana):
    mine = add(register, ana, assignee="staff:rui", property_id=LISBON, due_at=LONG_AGO).id
    theirs = add(register, ana, assignee="staff:ines", property_id=PORTO, due_at=FAR).id
    assert found(register, assignee="staff:rui") == [mine]
    assert found(register, property_id=PORTO) == [theirs]
    assert found(register, due_until=FAR) == [mine]
    assert found(register, due_from=FAR) == [theirs]
    assert found(register, profile_id=uuid4()) == []


def test_who_is_limited_to_houses_sees_and_changes_only_theirs(register: Register, ana):
    here, there = add(register, ana, property_id=LISBON), add(register, ana, property_id=PORTO)
    everywhere = add(register, ana)
    with speaking_as("key:porto", houses=(PORTO,)):
        assert set(found(register)) == {there.id, everywhere.id}
        with pytest.raises(NoSuchTask):
            register.service.finish_task(FinishTask(task_id=here.id))
        with pytest.raises(NotYourProperty):
            register.service.finish_task(FinishTask(task_id=everywhere.id))
        assert register.service.finish_task(FinishTask(task_id=there.id)).done_by == "key:porto"


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({"title": " "}, ["/title"]),
        ({"title": "x" * 201}, ["/title"]),
        ({"title": "a\u202eb", "text": "x" * 10_001}, ["/title", "/text"]),
        ({"due_at": FAR, "due_on": date(2099, 1, 1)}, ["/due_on"]),
        ({"due_on": date(9999, 12, 31)}, ["/due_on"]),
        ({"due_at": datetime(1, 1, 2, tzinfo=UTC)}, ["/due_at"]),
        ({"remind_at": datetime(9999, 12, 31, tzinfo=UTC)}, ["/remind_at"]),
        ({"time_zone": "Europe/Nowhere"}, ["/time_zone"]),
        ({"time_zone": "../etc/passwd"}, ["/time_zone"]),
        ({"assignee": "\u0000"}, ["/assignee"]),
    ],
)
def test_what_is_no_task_is_refused_with_its_places(register: Register, ana, said, pointers):
    with pytest.raises(NotATask) as refused:
        add(register, ana, **said)
    assert [fault.pointer for fault in refused.value.errors] == pointers
    assert register.count("tasks") == 0


def test_an_impossible_question_is_refused(register: Register, ana):
    for wanted in ({"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"cursor": "2026 y"}):
        with pytest.raises(Invalid):
            register.service.find_tasks(FindTasks(**wanted))
    with pytest.raises(NoSuchTask):
        register.service.read_task(ReadTask(task_id=ana))
    with pytest.raises(NoSuchProfile):
        add(register, uuid4())


def test_it_is_on_the_time_line_without_what_it_says(register: Register, ana):
    task = add(register, ana, title="Canary", due_at=FAR)
    register.service.finish_task(FinishTask(task_id=task.id))
    with register.db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT what, facts FROM timeline WHERE kind = 'task' ORDER BY seq").all()
    assert [row.what for row in found] == ["task.added", "task.done"]
    assert "Canary" not in str(found)

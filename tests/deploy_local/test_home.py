"""The state folder: ports and passwords that stay, and locks that end with their holder."""

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def test_a_port_stays_the_same_while_it_is_free(home: Home) -> None:
    assert home.port("gateway") == home.port("gateway")


def test_a_taken_port_is_replaced_and_the_new_one_stays(home: Home) -> None:
    first = home.port("gateway")
    with socket.create_server(("127.0.0.1", first)):
        second = home.port("gateway")
        assert second != first
    assert home.port("gateway") == second


def test_the_preferred_port_is_taken_if_it_is_free(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert home.port("one", preferred=port) != port
    assert home.port("two", preferred=port) == port


def test_two_stacks_that_start_at_once_are_not_given_the_same_port(home: Home, tmp_path: Path) -> None:
    """Neither listens there yet, so looking whether the port is free would promise it to both."""
    first = home.port("gateway")
    script = f"""if True:
        from pathlib import Path
        from deploy.local.home import Home, is_free
        print(Home(Path({str(tmp_path / "other")!r})).port("gateway", preferred={first}), is_free({first}))
    """
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert int(said[0]) != first
    assert said[1] == "False"
    assert home.port("health") != first


def test_a_password_is_kept_and_nobody_else_may_read_it(home: Home) -> None:
    assert home.secret("postgres") == home.secret("postgres")
    assert home.secret("postgres") != home.secret("rabbitmq")
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600


def test_a_lock_names_its_holder_and_ends_with_it(home: Home) -> None:
    script = f"""if True:
        from deploy.local.home import Home, Path
        with Home(Path({str(home.path)!r})).locked("x"):
            print("locked", flush=True)
            input()"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe) as other:
        assert other.stdout
        other.stdout.readline()
        assert home.holder("x") == other.pid
        with pytest.raises(BlockingIOError), home.locked("x", wait=False):
            pass
        other.kill()
        other.wait()
        assert home.holder("x") is None
        with home.locked("x", wait=False):
            pass

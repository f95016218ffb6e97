"""Makes the virtual environment of this checkout from the hashed lock file.

Run by the system's own python3: with the standard library alone, changing nothing outside the checkout.
"""

import contextlib
import fcntl
import hashlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
LOCK = CHECKOUT / "requirements-dev.lock"
STAMP = VENV / "foyer.stamp"

COMMAND = """\
#!/bin/sh
exec "$(dirname "$0")/python" -m foyer "$@"
"""


class Refused(Exception):
    pass


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever python3 there is
        raise Refused(f"Foyer needs Python 3.11 or newer; {sys.executable} is older. Use `make PYTHON=…`.")
    (CHECKOUT / ".foyer").mkdir(exist_ok=True)
    with open(CHECKOUT / ".foyer/bootstrap.lock", "w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command of this checkout is making the virtual environment; waiting for it")
            fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
        usable = works()
        if usable and STAMP.exists() and STAMP.read_text() == wanted:
            return 0
        started = time.monotonic()
        STAMP.unlink(missing_ok=True)
        if not usable:
            create()
        install()
        register()
        STAMP.write_text(wanted)
        say(f"The virtual environment is ready ({time.monotonic() - started:.0f} s)")
    return 0


def works() -> bool:
    """Whether there is an environment made in this place (not moved here), with pip and a fitting Python."""
    question = "import pip, sys; print(sys.version_info >= (3, 11), sys.prefix)"
    with contextlib.suppress(OSError):
        answer = subprocess.run([VENV / "bin/python", "-c", question], capture_output=True, text=True)
        script = VENV / "bin/pip"
        return answer.stdout.strip() == f"True {VENV}" and str(VENV) in script.read_text()
    return False


def create() -> None:
    say(f"Creating a virtual environment in {VENV}")
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    if done.returncode == 0:
        return
    # Debian leaves pip out of Python: its package python3-pip-whl holds it as a wheel
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", VENV], check=True)
    wheel = pip_wheel()
    pip = [str(VENV / "bin/python"), f"{wheel}/pip"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True)


def pip_wheel() -> Path:
    for folder in (Path("/usr/share/python-wheels"), Path("/usr/share/python3-wheels")):
        for wheel in folder.glob("pip-*.whl"):
            return wheel
    sys.path.insert(0, str(CHECKOUT))
    from deploy.local import packages
    from deploy.local.home import Refused as NotUnpacked

    why_not = "There is no pip: install the package `python3-venv`."
    try:
        folder = packages.unpacked("pip", ["python3-pip-whl"], why_not)
    except NotUnpacked as refused:
        raise Refused(str(refused)) from refused
    return next((folder / "usr/share/python-wheels").glob("pip-*.whl"))


def install() -> None:
    """Install the lock file, saying how far it is: some 130 packages, a minute or two."""
    lines = LOCK.read_text().splitlines()
    total = sum(1 for line in lines if "==" in line and not line.startswith((" ", "#")))
    say(f"Installing {total} packages from {LOCK.name}, every file checked against its hash")
    process = subprocess.Popen(
        [
            *(
                str(VENV / "bin/python"),
                "-m",
                "pip",
                "install",
                "--require-hashes",
                "--no-deps",
                "-r",
                str(LOCK),
            ),
            *("--no-input", "--progress-bar=off", "--disable-pip-version-check", "--root-user-action=ignore"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CHECKOUT,
    )
    try:
        said = follow(process, total)
    except BaseException:
        process.terminate()
        raise
    if process.wait() != 0:
        raise Refused("The packages could not be installed:\n" + "".join(said))


def follow(process: "subprocess.Popen[str]", total: int) -> list[str]:
    """Show how far pip is; returns the last lines it said."""
    assert process.stdout
    pause = 0.2 if sys.stderr.isatty() else 10.0
    collected, shown, last = 0, time.monotonic(), list[str]()
    for line in process.stdout:
        last = [*last[-40:], line]
        collected += line.startswith(("Collecting ", "Requirement already satisfied"))
        if line.startswith("Installing collected"):
            say(f"  {total} of {total} fetched, now unpacking them")
        elif collected < total and time.monotonic() - shown > pause:
            shown = time.monotonic()
            say(f"  {collected} of {total}", stay=True)
    return last


def register() -> None:
    """Make `foyer` and its modules importable from the checkout itself, without leaving build files in it."""
    for packages in VENV.glob("lib/python3.*/site-packages"):
        (packages / "foyer-checkout.pth").write_text(f"{CHECKOUT}\n")
    command = VENV / "bin" / "foyer"
    command.write_text(COMMAND)
    command.chmod(0o755)


def say(text: str, stay: bool = False) -> None:
    on_screen = sys.stderr.isatty()
    end = "\r" if stay and on_screen else "\n"
    print("\033[K" * on_screen + text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except Refused as refused:
        sys.exit(f"\n{refused}")
    except KeyboardInterrupt:
        sys.exit(130)

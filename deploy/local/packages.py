"""Server programs for a machine that has none: Debian packages unpacked into `.foyer/opt`, without root.

Nothing is installed: no system service starts, and the package database of the machine is only read.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.home import CHECKOUT, Home, Refused

OPT = Home(CHECKOUT / ".foyer" / "opt")

# Wanted by the packages for things we do not use: system services, just-in-time compilation, Perl wrappers.
UNWANTED = re.compile(
    r"(adduser|init-system-helpers|libclang|libjson-perl|libllvm|libz3|locales|logrotate|lsb-base|netbase|openssl|perl"
    r"|postgresql-client-common|postgresql-common|sensible-utils|ssl-cert|sysstat|systemd|ucf|usrmerge)"
)


def unpacked(name: str, wanted: list[str], why_not: str) -> Path:
    """The folder that holds `wanted` (the first of them that exists) and what else it needs of packages."""
    folder = OPT.path / name
    OPT.path.mkdir(parents=True, exist_ok=True)
    with OPT.locked(f"{name}.lock"):
        if folder.is_dir():
            return folder
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise Refused(f"{why_not} It cannot be unpacked from packages here either: there is no apt-get.")
        print(
            f"  {name} is not on this machine: unpacking it from the system's packages into {folder}",
            flush=True,
        )
        partial = OPT.path / f"{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            _fetch(partial, wanted)
        except (subprocess.CalledProcessError, OSError) as error:
            output = getattr(error, "stderr", "") or ""
            raise Refused(f"{why_not} Unpacking the package failed: {error}\n{output.strip()}") from error
        partial.rename(folder)
    return folder


def library_path(folder: Path) -> str:
    """LD_LIBRARY_PATH for programs of an unpacked package."""
    libraries = [*folder.glob("usr/lib/*-linux-gnu*"), *folder.glob("lib/*-linux-gnu*")]
    return ":".join(str(each) for each in libraries if each.is_dir())


def _fetch(partial: Path, wanted: list[str]) -> None:
    apt = _private_apt(partial / "apt")
    _run(apt, "update", check=False)  # a foreign source that does not answer is no reason to stop
    last: subprocess.CalledProcessError | None = None
    for name in wanted:
        try:
            plan = _run(apt, "--print-uris", "-y", "--no-install-recommends", "--reinstall", "install", name)
            break
        except subprocess.CalledProcessError as error:
            last = error
    else:
        assert last is not None
        raise last
    files = [line.split()[1] for line in plan.stdout.splitlines() if line.startswith("'")]
    names = sorted({file.split("_")[0] for file in files if not UNWANTED.match(file)})
    print(f"  downloading {len(names)} packages", flush=True)
    debs = partial / "debs"
    debs.mkdir()
    _run(apt, "download", *names, cwd=debs)
    for deb in sorted(debs.glob("*.deb")):
        _run(["dpkg", "-x", str(deb), str(partial)])
    shutil.rmtree(debs)
    shutil.rmtree(partial / "apt")


def _private_apt(folder: Path) -> list[str]:
    """An apt-get whose lists and cache are our own, with the machine's sources, keys and proxies."""
    for each in ("lists/partial", "cache/archives/partial"):
        (folder / each).mkdir(parents=True)
    # Hooks of the machine would clean its own cache; `Dir::Etc::main` is the last file that apt reads.
    machine = Path("/etc/apt/apt.conf")
    (folder / "main.conf").write_text(
        (f'#include "{machine}";\n' if machine.exists() else "")
        + "".join(f"#clear APT::Update::{hook};\n" for hook in ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"))
    )
    (folder / "first.conf").write_text(f'Dir::Etc::main "{folder}/main.conf";\n')
    return [
        *("env", f"APT_CONFIG={folder}/first.conf", "LC_ALL=C", "apt-get", "-q"),
        *(f"-oDir::State::Lists={folder}/lists", f"-oDir::Cache={folder}/cache"),
        *("-oDebug::NoLocking=1", "-oAPT::Sandbox::User=", "-oAcquire::Retries=2"),
    ]


def _run(
    command: list[str], *words: str, cwd: Path | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *words],
        cwd=cwd,
        check=check,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )

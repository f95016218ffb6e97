"""A private RabbitMQ (3.10 or newer): everything on loopback, Erlang's distribution and epmd included."""

import os
import re
import shlex
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from deploy.local.home import Home, Refused
from deploy.local.packages import library_path, unpacked
from deploy.local.programs import Program, may_use_installed, newest, version_of

USER = "foyer"
VHOST = "foyer"

SETTINGS = """
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
default_vhost = {vhost}
log.console = true
log.console.level = info
log.file = false
vm_memory_high_watermark.relative = 0.25
disk_free_limit.absolute = 200MB
raft.wal_max_size_bytes = 67108864
"""

ON_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"


@dataclass(frozen=True)
class RabbitMQ:
    home: Home
    port: int
    node_port: int  # for rabbitmqctl
    epmd_port: int

    @property
    def folder(self) -> Path:
        return self.home.path / "rabbitmq"

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self.home.secret('rabbitmq')}@127.0.0.1:{self.port}/{VHOST}"

    @property
    def rabbitmqctl(self) -> Path:
        """A program that speaks to this broker, whoever starts it from wherever."""
        return self.folder / "rabbitmqctl"

    def prepare(self) -> list[Program]:
        """Write the settings and say how epmd and the broker are run. Nothing of them may run."""
        scripts, erlang = find_programs()
        if any(each.isspace() for each in f"{self.folder}{scripts}"):
            raise Refused(f"RabbitMQ cannot run from a folder with a blank in its name: {self.folder}")
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        self.home.write_private(
            "rabbitmq/rabbitmq.conf",
            SETTINGS.format(port=self.port, user=USER, password=self.home.secret("rabbitmq"), vhost=VHOST),
        )
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "env.conf").write_text("")
        (self.folder / "rabbitmq.pid").unlink(missing_ok=True)
        environment = self._environment(erlang)
        self.home.write_private(
            "rabbitmq/rabbitmqctl",
            "#!/bin/sh\nexec env "
            + " ".join(shlex.quote(f"{name}={value}") for name, value in environment.items())
            + f' {shlex.quote(str(scripts / "rabbitmqctl"))} -q "$@"\n',
            mode=0o700,
        )
        return [
            Program("epmd", [str(erlang.epmd)], 5, environment, stop_seconds=2, start_seconds=1),
            Program(
                "rabbitmq",
                # Given as a word, because the script would otherwise put itself between us and the broker.
                [str(scripts / "rabbitmq-server"), "-noinput"],
                20,
                {**environment, "RABBITMQ_ALLOW_INPUT": "1"},
                stop_seconds=4,
                start_seconds=2,
            ),
        ]

    def answers(self) -> bool:
        """Whether the broker speaks AMQP, which it does once its virtual host is there."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def _environment(self, erlang: "Erlang") -> dict[str, str]:
        folder = str(self.folder)
        environment = {
            "HOME": folder,  # of the Erlang cookie
            "PATH": erlang.path,
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.epmd_port),
            # an address, as not every machine can look up `localhost`
            "RABBITMQ_NODENAME": "foyer@127.0.0.1",
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.node_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ON_LOOPBACK,
            "RABBITMQ_CTL_ERL_ARGS": ON_LOOPBACK,
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",  # several brokers would otherwise sit on the same core
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/env.conf",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/rabbitmq.pid",
            "ERL_CRASH_DUMP_SECONDS": "0",
        }
        if erlang.libraries:
            environment["LD_LIBRARY_PATH"] = erlang.libraries
        return environment


@dataclass(frozen=True)
class Erlang:
    path: str
    epmd: Path
    libraries: str


def find_programs() -> tuple[Path, Erlang]:
    """The folder of RabbitMQ's own scripts, and the Erlang that runs them."""
    if may_use_installed() and shutil.which("erl") and shutil.which("epmd"):
        found = newest([each.parent for each in _scripts(Path("/"))], at_least=(3, 10))
        on_path = Path(os.path.realpath(shutil.which("rabbitmq-server") or "/")).parent
        if not found and version_of(on_path.parent.name) >= (3, 10):
            found = on_path.parent
        if found:
            return found / "sbin", Erlang(_system_path(), Path(str(shutil.which("epmd"))), "")
    folder = unpacked(
        "rabbitmq",
        ["rabbitmq-server"],
        "RabbitMQ 3.10 or newer is needed: install the package `rabbitmq-server`, or set FOYER_AMQP_URL.",
    )
    found = newest([each.parent for each in _scripts(folder)], at_least=(3, 10))
    if not found:
        raise Refused("The system's packages have no RabbitMQ 3.10 or newer: set FOYER_AMQP_URL to one.")
    return found / "sbin", _unpacked_erlang(folder)


def _scripts(root: Path) -> list[Path]:
    return list(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin"))


def _system_path() -> str:
    return os.environ.get("PATH", "/usr/bin:/bin")


def _unpacked_erlang(folder: Path) -> Erlang:
    """Erlang's start script names the folder it was built for; it is told of the one it is in."""
    root = folder / "usr/lib/erlang"
    if not (root / "bin/erl").exists():  # Erlang was on the machine, only RabbitMQ was not
        return Erlang(_system_path(), Path(shutil.which("epmd") or "epmd"), library_path(folder))
    script = root / "bin/erl"
    text = script.read_text()
    moved = re.sub(r"(?m)^(\s*)ROOTDIR=/.*$", lambda found: f"{found[1]}ROOTDIR={shlex.quote(str(root))}", text)
    if moved != text:
        script.write_text(moved)
    runtime = next(root.glob("erts-*/bin"))
    path = f"{root / 'bin'}:{runtime}:{folder / 'usr/bin'}:{_system_path()}"
    return Erlang(path, runtime / "epmd", library_path(folder))

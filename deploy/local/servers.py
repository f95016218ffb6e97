"""The two servers of a stack, private ones unless FOYER_DB_URL or FOYER_AMQP_URL name others to use."""

import os
from dataclasses import dataclass

from deploy.local.home import Home
from deploy.local.postgres import Postgres
from deploy.local.programs import Program
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.supervision import Supervisor


@dataclass(frozen=True)
class Servers:
    home: Home
    postgres: Postgres | None  # None where a running one is used
    rabbitmq: RabbitMQ | None

    @classmethod
    def of(cls, home: Home, durable: bool = True) -> "Servers":
        home.create()
        postgres = rabbitmq = None
        if not os.environ.get("FOYER_DB_URL"):
            postgres = Postgres(home, home.port("postgres"), durable)
        if not os.environ.get("FOYER_AMQP_URL"):
            rabbitmq = RabbitMQ(home, home.port("rabbitmq"), home.port("rabbitmq-node"), home.port("epmd"))
        return cls(home, postgres, rabbitmq)

    @property
    def db_url(self) -> str:
        """A superuser's URL."""
        return self.postgres.url if self.postgres else os.environ["FOYER_DB_URL"]

    @property
    def amqp_url(self) -> str:
        return self.rabbitmq.url if self.rabbitmq else os.environ["FOYER_AMQP_URL"]

    def programs(self) -> list[Program]:
        """Prepare the private servers; nothing of them may run."""
        database = [self.postgres.prepare()] if self.postgres else []
        broker = self.rabbitmq.prepare() if self.rabbitmq else []
        return [*database, *broker]

    def wait(self, supervisor: Supervisor) -> None:
        if self.postgres:
            supervisor.wait_for("postgres", self.postgres.answers, 60)
        if self.rabbitmq:
            supervisor.wait_for("rabbitmq", self.rabbitmq.answers, 90)

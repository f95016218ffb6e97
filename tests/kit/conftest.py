"""The toy service and its database, for the tests of the doors."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.kit import tables
from services.kit.db import Database
from tests.kit import toy


@pytest.fixture(scope="module")
def database_url(run_name: str) -> Iterator[str]:
    admin = os.environ["FOYER_TEST_DB_URL"]
    name = f"toy_{run_name}"
    url = admin.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        tables.metadata.create_all(engine)
        with engine.begin() as made:
            made.execute(sa.text("CREATE TABLE effects (id bigserial PRIMARY KEY, what text NOT NULL)"))
        engine.dispose()
        yield url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def toy_service(db: Database) -> toy.ToyService:
    return worker_factory(toy.ToyService, db=db)

"""Log lines as JSON on standard output, with the request id of the work at hand and without personal data.

Texts of faults from the database are left out altogether, as they quote rows; e-mail addresses, telephone
and card numbers and passwords in URLs are blacked out wherever they stand. It is a net under the rule
that nothing personal is logged in the first place, not a leave to do it.
"""

from __future__ import annotations

import ipaddress
import logging
import logging.config
import re
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from services.kit import config, context

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_PASSWORD = re.compile(r"(://[^\s:/@]*):\S*@")
_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
# Nine to nineteen digits, together or in groups as people write them; neither a date nor a part of an id.
_NUMBER = re.compile(
    r"(?<![\w.-])(?!\d{4}-\d\d-\d\d(?!\d))"
    r"(?:\+\d{9,19}|\d{9,19}|(?:\+|\()?\d{1,5}\)?(?:[ ./()-]{1,2}\d{2,6}){2,8})"
    r"(?![\w-]|\.\d)"
)
# Faults whose text may quote rows, by name: not every process has these libraries.
_QUOTING = frozenset({("psycopg", "Error"), ("sqlalchemy.exc", "StatementError")})
_OURS = frozenset({"time", "level", "logger", "service"})
# At INFO they tell every connection; pika tells each failed attempt in ten lines of ERROR, where we say it in one.
_QUIET = {"pika": "CRITICAL", "amqp": "WARNING", "urllib3": "WARNING", "alembic.runtime.plugins": "WARNING"}


def setup(service: str) -> None:
    """Log as `service`, everything of this process, other libraries' loggers included."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,  # else nameko's own errors are lost
            "formatters": {"json": {"()": Formatter, "service": service}},
            "handlers": {"out": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "json"}},
            "root": {"level": config.log_level(), "handlers": ["out"]},
            "loggers": {name: {"level": level} for name, level in _QUIET.items()},
        }
    )
    logging.captureWarnings(True)


class Formatter(JsonFormatter):
    """One record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__(json_ensure_ascii=False)
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.args, tuple) and any(isinstance(a, BaseException) for a in record.args):
            told = tuple(describe(a) if isinstance(a, BaseException) else a for a in record.args)
            record = logging.makeLogRecord({**record.__dict__, "args": told})
        return super().format(record)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        now = context.current.get()
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.getMessage()
        log_data["service"] = self._service
        log_data["request_id"] = now.request_id if now else None
        log_data["actor"] = now.actor if now else None
        super().add_fields(log_data, record, message_dict)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {key: value if key in _OURS else _redacted(value) for key, value in log_data.items()}

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802
        return told(ei[1]) if ei[1] else ""


def told(fault: BaseException) -> str:
    """A fault with its stack and its causes, without the texts of faults of the database."""
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = fault
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        parts.append("".join(traceback.format_tb(link.__traceback__)) + describe(link))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n… in handling of:\n".join(parts)


def describe(fault: BaseException) -> str:
    """One line: class and text; for a fault of the database its SQLSTATE and table instead of the text."""
    kind = type(fault)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    if any((c.__module__, c.__name__) in _QUOTING for c in kind.__mro__):
        said = getattr(fault, "orig", None) or fault
        diagnosis = getattr(said, "diag", None)
        facts = {
            "sqlstate": getattr(said, "sqlstate", None),
            "table": getattr(diagnosis, "table_name", None),
            "column": getattr(diagnosis, "column_name", None),
            "constraint": getattr(diagnosis, "constraint_name", None),
        }
        text = " ".join(f"{key}={value}" for key, value in facts.items() if value)
    else:
        text = str(fault)
    return f"{name}: {redact(text)}" if text else name


def redact(text: str) -> str:
    """The text with e-mail addresses, telephone and card numbers and passwords in URLs blacked out."""
    if "@" in text:
        text = _EMAIL.sub("[e-mail]", _PASSWORD.sub(r"\1:…@", text))
    return _NUMBER.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    text = found.group()
    if not 9 <= sum(c.isdigit() for c in text) <= 24:
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return "[number]"


def _redacted(value: Any) -> Any:
    """Strings wherever they stand in the extra fields of a line; other values as they are."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(inner) for inner in value]
    if isinstance(value, (bool, int, float, type(None))):
        return value
    return redact(describe(value) if isinstance(value, BaseException) else str(value))

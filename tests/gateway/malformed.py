"""Calls that nobody should make, of every operation the OpenAPI document tells of.

Of each operation a call is built that is right, as far as the document and a few examples say; then one place of it
after another is spoiled.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

Steps = tuple[str | int, ...]

_NOBODY = "00000000-0000-4000-8000-000000000000"


def _nested(depth: int) -> Any:
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made


_TEXTS = (
    "", " ", "\x00", "a\x00b", "\x1b[2J", "line\nbreak", "\x85", "\u2028", "\ufeff", "\u202eabc\u2066", "\ud800",
    "\udfff\ud800", "💥" * 60, "Z\u0351\u036b" * 30, "ﷺ" * 50, "٣", "１２", "x" * 5001, "é" * 300,
    "<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "%s%n%00", "{}", "${x}", "null", "NaN", "-0",
    "1e400", "0x10", "1_0", "-1.00", "0.001", "00.10", "999999999999.99", "99999999999999999999.99", "2026-13-45",
    "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "2026-12-01T00:00:00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-12-01T00:00:00+99:99", "2026-12-01T24:00:60Z", "2026-W01-1",
    "00000000-0000-0000-0000-000000000000", "{00000000-0000-4000-8000-0000000000a1}",
    "urn:uuid:00000000-0000-4000-8000-0000000000a1", "not-an-id", "xxx", "XXX", "XAU", "eur", "EUR\n", "ÉÉ",
    "/etc/localtime", "Europe", "Europe/../Europe/Lisbon", "UTC\x00", "pt_PT.UTF-8@euro", "x-" * 200, "a@b", "@",
    "a@" + "b" * 250 + ".example.org", '"a b"@example.org', "a@[127.0.0.1]", "ana@exa\u200bmple.org", "+",
    "+999999999999999999999999", "tel:1", "eyJhIjoxfQ==", "W10=", "bnVsbA", "////", "LTE", "MQ", "WzEsMl0",
)  # fmt: skip
_OTHERS = (
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**31, 2**63, -(2**63) - 1, 2**64, 10**400, [], {}, [[]], [None],
    [{}], {"a": 1}, {"": {"": ""}}, _nested(60), ["x"] * 2000, {str(n): n for n in range(300)},
)  # fmt: skip
HOSTILE: tuple[Any, ...] = (*_OTHERS, *_TEXTS)

BODIES: tuple[bytes, ...] = (
    b"", b" ", b"{", b"}", b"nul", b"null", b"1", b'"text"', b"[]", b"[[[]]]", b"{} {}", b"{'a': 1}", b'{"a": NaN}',
    b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 50_000,
    b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"\xff": 1}', b'{"a": "\\ud800"}', b'{"\\ud800": 1}',
    b'{"\\u0000": 1}', b'{"a": 1, "a": 2}', b'{"__proto__": {}, "constructor": 1}', b'{"~/\\u202e": []}', b"<a/>",
    b"a=1&b=2", b"\x00" * 100,
)  # fmt: skip

HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "application/json; charset=nobody"}, {"Content-Type": "application/problem+json"},
    {"Content-Type": "x" * 300}, {"Content-Type": "multipart/form-data"}, {"Content-Encoding": "gzip"},
    {"Accept": "text/html;q=x, */"}, {"Accept-Language": "\xff" * 50}, {"Idempotency-Key": ""},
    {"Idempotency-Key": "x" * 256}, {"Idempotency-Key": "\xff"}, {"If-Match": ""},
    {"If-Match": '"99999999999999999999"'}, {"If-Match": 'W/"1"'}, {"If-Match": "\xff"}, {"If-None-Match": '"'},
    {"If-None-Match": "*"}, {"X-Request-Id": "\xff" * 100}, {"X-Request-Id": '"},{'},
    {"traceparent": "00-" + "z" * 32}, {"Range": "bytes=5-1"}, {"If-Modified-Since": "yesterday"},
    {"Content-Length": "-1"}, {"Content-Length": "x"}, {"Host": "[::"}, {"X-Forwarded-For": "\xff, ::::"},
    {"Cookie": "a=" + "b" * 4000 + "; ="},
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    method: str
    rule: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def address(self) -> str:
        """Path and query; what cannot stand in an address is escaped byte by byte, halves of characters too."""
        path = re.sub(r"{(\w+)}", lambda found: _escaped(self.path[found[1]]), self.rule)
        said = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in self.query)
        return f"{path}?{said}" if said else path

    def content(self) -> bytes | None:
        if self.raw is not None or self.body is None:
            return self.raw
        return json.dumps(self.body).encode()


@dataclass(frozen=True)
class Operation:
    """`right` is a call that nothing is wrong with; `places` are those of its body that may be spoiled."""

    right: Call
    query: tuple[str, ...]
    places: tuple[tuple[Steps, Any], ...]

    @property
    def name(self) -> str:
        return f"{self.right.method} {self.right.rule}"

    def spoiled(self) -> Iterator[Call]:
        """Every place with every hostile value, one at a time."""
        right = self.right
        for name in right.path:
            for text in _TEXTS:
                yield replace(right, path={**right.path, name: text})
        for name in (*self.query, "nobody-knows-it"):
            others = tuple(pair for pair in right.query if pair[0] != name)
            for text in _TEXTS:
                yield replace(right, query=(*others, (name, text)))
            yield replace(right, query=(*others, (name, "1"), (name, "2")))
        for headers in HEADERS:
            yield replace(right, headers={**right.headers, **headers})
        if right.body is not None:
            for raw in BODIES:
                yield replace(right, raw=raw)
            yield replace(right, body={**right.body, "nobody-knows-it": 1})
            for steps, around in self.places:
                for value in HOSTILE:
                    yield replace(right, body=_with(right.body, steps, value, around))
                yield replace(right, body=_without(right.body, steps))


class Examples:
    """What a field of this name may well hold; `calls` say what a call needs beside what the document demands."""

    def __init__(self, fields: Mapping[str, Any], calls: Mapping[str, Mapping[str, Any]]) -> None:
        self.fields = fields
        self.calls = calls


def operations(document: Mapping[str, Any], examples: Examples) -> Iterator[Operation]:
    """All that the document tells of and that speaks JSON."""
    schemas = document["components"]["schemas"]
    for rule, methods in document["paths"].items():
        path = {name: str(examples.fields.get(name, _NOBODY)) for name in re.findall(r"{(\w+)}", rule)}
        for method, said in methods.items():
            if method == "parameters":
                continue
            named = [each for each in said.get("parameters", ()) if each["in"] == "query"]
            known = {
                each["name"]: _right(each["schema"], schemas, examples, each["name"])
                for each in named
                if each.get("required")
            }
            name = f"{method.upper()} {rule}"
            more = examples.calls.get(name, {})
            content = said.get("requestBody", {}).get("content", {"application/json": {}})
            if "application/json" not in content:
                continue
            schema = content["application/json"].get("schema")
            body, places = None, ()
            if schema is not None:
                body = {**_right(schema, schemas, examples), **more}
                places = tuple(_places(schema, schemas, examples))
            elif more:
                known |= more
            edited = any(each["name"] == "If-Match" and each.get("required") for each in said.get("parameters", ()))
            headers = {"If-Match": "*"} if edited else {}
            query = tuple((name, str(value)) for name, value in known.items())
            right = Call(method.upper(), rule, path, query, body, headers=headers)
            yield Operation(right, tuple(each["name"] for each in named), places)


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, past references and "or null"."""
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        if choice.get("type") != "null":
            return _resolved(choice, schemas)
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    return schema


def _right(schema: Mapping[str, Any], schemas: Mapping[str, Any], examples: Examples, name: str = "") -> Any:
    """A value that the schema allows, with no more fields than it demands."""
    schema = _resolved(schema, schemas)
    if name in examples.fields and isinstance(examples.fields[name], dict) == ("properties" in schema):
        return copy.deepcopy(examples.fields[name])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind if isinstance(kind, str) else next(each for each in kind if each != "null")
    if kind == "object":
        wanted = schema.get("required", ())
        return {key: _right(schema["properties"][key], schemas, examples, key) for key in wanted}
    if kind == "array":
        return [_right(schema["items"], schemas, examples)] if "items" in schema else []
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    return {"boolean": True, "number": 1}.get(kind, "a")


def _places(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], examples: Examples, steps: Steps = (), around: Any = None
) -> Iterator[tuple[Steps, Any]]:
    """Every field, with the value to be put around it where the right body has none: its outermost optional parent."""
    schema = _resolved(schema, schemas)
    for name, inner in schema.get("properties", {}).items():
        here = (*steps, name)
        yield here, around
        inner = _resolved(inner, schemas)
        outer = around or (here, _full(inner, schemas, examples, name))
        if inner.get("type") == "array":
            yield (*here, 0), outer
            yield from _places(inner.get("items", {}), schemas, examples, (*here, 0), outer)
        else:
            yield from _places(inner, schemas, examples, here, outer)


def _full(schema: Mapping[str, Any], schemas: Mapping[str, Any], examples: Examples, name: str) -> Any:
    """A right value with all its objects down to the innermost, so that there is something to spoil."""
    schema = _resolved(schema, schemas)
    if "properties" in schema:
        inner = {
            key: _full(each, schemas, examples, key)
            for key, each in schema["properties"].items()
            if "properties" in _resolved(each, schemas) or _resolved(each, schemas).get("type") == "array"
        }
        return {**_right(schema, schemas, examples, name), **inner}
    if schema.get("type") == "array":
        return [_full(schema["items"], schemas, examples, "")] if "items" in schema else []
    return _right(schema, schemas, examples, name)


def _with(body: Any, steps: Steps, value: Any, around: Any) -> Any:
    made = copy.deepcopy(body)
    if around is not None:
        parent, filled = around
        if _at(made, steps[:-1]) is None:
            _put(made, parent, copy.deepcopy(filled))
    _put(made, steps, value)
    return made


def _without(body: Any, steps: Steps) -> Any:
    made = copy.deepcopy(body)
    holder = _at(made, steps[:-1])
    if isinstance(holder, dict):
        holder.pop(steps[-1], None)
    return made


def _at(body: Any, steps: Steps) -> Any:
    for step in steps:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def _put(body: Any, steps: Steps, value: Any) -> None:
    holder = _at(body, steps[:-1])
    if isinstance(holder, list) and not holder:
        holder.append(value)
    elif isinstance(holder, list | dict):
        holder[steps[-1]] = value


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")

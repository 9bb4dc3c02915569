"""The hunt finds a leak wherever one is planted, or its silence would mean nothing (SEC-20)."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

import pytest
import redis
from zstandard import ZstdCompressor

from tests.canaries.hunting import Hunter, files, keys, overheard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.embedded import Servers

NAME, KOREAN, VALUE = "Qanarysmith Zwölf", "카나리아", "73.8217"
CANARIES = (NAME, KOREAN, VALUE)
HUNTER = Hunter.of(CANARIES)
TEXT = "at 12:00 {} said so"

LEAKS: dict[str, Callable[[str], bytes]] = {
    "a line of a log": lambda each: TEXT.format(each).encode(),
    "capitals": lambda each: TEXT.format(each.upper()).encode(),
    "a JSON log": lambda each: json.dumps({"event": TEXT.format(each)}).encode(),
    "a JSON log as it is": lambda each: json.dumps([each], ensure_ascii=False).encode(),
    "an address": lambda each: f"/patients?name={quote(each)}&x".encode(),
    "each letter of an address": lambda each: "".join(f"%{b:02X}" for b in each.encode()).encode(),
    "a label of a metric": lambda each: f'hits{{who="{each}"}} 1'.encode(),
    "a message of Celery": lambda each: json.dumps(
        {"body": b64encode(json.dumps([[each], {}], ensure_ascii=False).encode()).decode()}
    ).encode(),
    "base64 of an address": lambda each: urlsafe_b64encode(f"ab{each}cd".encode()),
    "hexadecimal": lambda each: f"ab{each}".encode().hex().upper().encode(),
    "UTF-16": lambda each: f"ab{each}".encode("utf-16"),
    "backwards": lambda each: each[::-1].encode(),
    "JSON within JSON": lambda each: json.dumps(json.dumps(each)).encode(),
    "gzip": lambda each: b"head" + gzip.compress(TEXT.format(each).encode()),
    "deflate": lambda each: b"head" + zlib.compress(TEXT.format(each).encode()),
    "zstandard": lambda each: b"head" + ZstdCompressor().compress(TEXT.format(each).encode()),
}


@pytest.mark.parametrize("canary", CANARIES, ids=("name", "korean", "value"))
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found_however_it_is_written_sec_20(leak: str, canary: str) -> None:
    found = HUNTER.hits({leak: b"\x00before " + LEAKS[leak](canary) + b" after\xff"})

    assert {hit.canary for hit in found} == {canary}
    assert {hit.place for hit in found} == {leak}


@pytest.mark.parametrize("shift", range(4))
def test_base64_is_found_at_any_offset_sec_20(shift: int) -> None:
    packed = b64encode(b"x" * shift + NAME.encode() + b"more")

    assert [hit.canary for hit in HUNTER.hits({"body": packed})] != []


def test_what_is_clean_is_not_found_sec_20() -> None:
    clean = b'{"event":"request","route":"/fhir/{kind}","status":400}' * 1000 + bytes(range(256))

    assert HUNTER.hits({"log": clean, "x": b64encode(clean), "y": gzip.compress(clean)}) == []


def test_files_are_read_in_every_folder_but_those_named_sec_20(tmp_path: Path) -> None:
    for name in ("a.log", "deep/er/b.tmp", "postgres/base/1"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"..{KOREAN}..".encode())

    found = HUNTER.hits(files(tmp_path, but=["postgres"]))

    assert [hit.place for hit in found] == ["file a.log", "file deep/er/b.tmp"]


@pytest.fixture
def server(embedded: Servers) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(embedded.broker_url) as client:
        yield client


KEPT: dict[str, Callable[[redis.Redis, str, str], object]] = {
    "string": lambda server, key, each: server.set(key, f"x{each}"),
    "list": lambda server, key, each: server.rpush(key, "clean", each),
    "set": lambda server, key, each: server.sadd(key, "clean", each),
    "sorted set": lambda server, key, each: server.zadd(key, {"clean": 1, each: 2}),
    "hash": lambda server, key, each: server.hset(key, "field", each),
    "name in a hash": lambda server, key, each: server.hset(key, each, "1"),
    "stream": lambda server, key, each: server.xadd(key, {"field": each}),
    "key": lambda server, key, each: server.set(f"{key}:{each}", "clean"),
}


@pytest.mark.parametrize("kind", KEPT)
def test_a_leak_is_found_in_every_kind_of_key_sec_20(server: redis.Redis, kind: str) -> None:
    key = f"planted-{uuid4().hex}"
    KEPT[kind](server, key, KOREAN)

    found = HUNTER.hits({n: held for n, held in keys(server).items() if key in n})

    assert {hit.canary for hit in found} == {KOREAN}
    server.delete(*(each for each in server.scan_iter(f"{key}*")))


@pytest.mark.parametrize("canary", CANARIES, ids=("name", "korean", "value"))
def test_what_was_queued_and_taken_is_found_too_sec_20(
    embedded: Servers, server: redis.Redis, canary: str
) -> None:
    key = f"planted-{uuid4().hex}"

    with overheard(embedded.broker_url) as heard:
        server.rpush(key, TEXT.format(canary))
        server.rpush(key, json.dumps(canary))
        server.delete(key)

    assert {hit.canary for hit in HUNTER.hits({"commands": bytes(heard)})} == {canary}
    assert bytes(heard).count(key.encode()) == 3

"""Looks for canaries in bytes that nobody was meant to read: in each way that text is written.

A canary is a unique string that stands for what is known of a person. It is looked for as it is
and as it looks when it was packed: escaped, in hexadecimal, in base64 at any offset, backwards,
or within what was compressed.
"""

from __future__ import annotations

import binascii
import gzip
import json
import re
import socket
import threading
import zlib
from base64 import b64encode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote, urlsplit

from zstandard import ZstdDecompressor, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from email.message import Message
    from pathlib import Path


PACKED = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"\x78\x01", b"\x78\xda")
MOST_UNPACKED = 1 << 24
Form = tuple[str, str, bytes]  # a canary, the name of a way to write it, its bytes


class Hit(NamedTuple):
    """Where a canary was, which, and how it was written."""

    place: str
    canary: str
    form: str


@dataclass(frozen=True, slots=True)
class Hunter:
    """Knows every form of every canary: those to be found as they are, and those in any case."""

    exact: tuple[Form, ...]
    folded: tuple[Form, ...]

    @classmethod
    def of(cls, canaries: Iterable[str]) -> Hunter:
        """Return one that looks for these, whatever their case."""
        exact: dict[bytes, Form] = {}
        folded: dict[bytes, Form] = {}
        for each in canaries:
            for name, form in forms(each):
                # Base64 means another thing in another case; everything else is found in any.
                if name.startswith("base64"):
                    exact.setdefault(form, (each, name, form))
                else:
                    folded.setdefault(form.lower(), (each, name, form.lower()))
        return cls(tuple(exact.values()), tuple(folded.values()))

    def hits(self, places: Mapping[str, bytes]) -> list[Hit]:
        """Return each place in which a canary is, once for each way of writing it."""
        return [hit for place, content in places.items() for hit in self._in(place, content)]

    def _in(self, place: str, content: bytes) -> Iterator[Hit]:
        for text in (content, *unpacked(content)):
            # An escape that was escaped once more is one all the same.
            small = re.sub(rb"\\+", rb"\\", text.lower())
            for within, known in ((text, self.exact), (small, self.folded)):
                yield from (Hit(place, who, name) for who, name, form in known if form in within)


def forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of each way in which a text may be written."""
    for each in dict.fromkeys((text, text.lower(), text.upper())):
        yield from _written(each)
        yield from _packed(each.encode())


def _written(text: str) -> Iterator[tuple[str, bytes]]:
    plain = text.encode()
    yield "plain", plain
    yield "backwards", text[::-1].encode()
    yield "hexadecimal", binascii.hexlify(plain)
    yield "UTF-16", text.encode("utf-16-le")
    yield "URL", quote(text, safe="").encode()
    yield "form", quote_plus(text, safe="").encode()
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "Python", ascii(text)[1:-1].encode()
    yield "every letter escaped", "".join(f"\\u{ord(letter):04x}" for letter in text).encode()
    yield "every letter in the URL", "".join(f"%{byte:02x}" for byte in plain).encode()
    yield "HTML", "".join(f"&#{ord(letter)};" for letter in text).encode()


def _packed(plain: bytes) -> Iterator[tuple[str, bytes]]:
    for offset in range(3):
        for name, encode in (("base64", b64encode), ("base64url", urlsafe_b64encode)):
            # The first and the last sign hold bits of what stands beside the canary.
            packed = encode(b"\0" * offset + plain).rstrip(b"=")
            yield f"{name} at {offset}", packed[-(-offset * 8 // 6) : len(packed) - 1]


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield what is compressed within some bytes."""
    for start in (
        found.start() for found in re.finditer(b"|".join(map(re.escape, PACKED)), content)
    ):
        rest = content[start:]
        try:
            if rest.startswith(PACKED[0]):
                yield zlib.decompressobj(31).decompress(rest, MOST_UNPACKED)
            elif rest.startswith(PACKED[1]):
                reader = ZstdDecompressor().stream_reader(rest, read_across_frames=False)
                yield reader.read(MOST_UNPACKED)
            else:
                yield zlib.decompressobj().decompress(rest, MOST_UNPACKED)
        except (zlib.error, gzip.BadGzipFile, ZstdError, EOFError):
            continue


def files(folder: Path, *, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Return every file of a folder by its name, `but` what lies in some folders of it."""
    found = {}
    left_out = set(but)
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not path.is_symlink() and not left_out & set(parts):
            try:
                found[f"file {'/'.join(parts)}"] = path.read_bytes()
            except OSError:  # it was there a moment ago
                continue
    return found


def keys(server: Any) -> dict[str, bytes]:
    """Return every key of a Valkey with all that it holds, as bytes."""
    found = {}
    for key in server.scan_iter(count=500):
        try:
            found[f"key {key!r}"] = key + b"\n" + _held(server, key)
        except Exception as error:  # noqa: BLE001 (it ended between two commands)
            found[f"key {key!r}"] = key + str(error).encode()
    return found


def _held(server: Any, key: bytes) -> bytes:
    """Return what a key holds; of a kind that is not known, as the server packs it."""
    read: dict[bytes, Callable[[], Iterable[bytes]]] = {
        b"string": lambda: [server.get(key) or b""],
        b"list": lambda: server.lrange(key, 0, -1),
        b"set": lambda: server.smembers(key),
        b"zset": lambda: server.zrange(key, 0, -1),
        b"hash": lambda: [each for pair in server.hgetall(key).items() for each in pair],
        b"stream": lambda: [each for _, row in server.xrange(key) for each in row.values()],
    }
    known = read.get(server.type(key))
    return b"\n".join(known() if known else [server.dump(key) or b""])


def letters(came: Iterable[Message]) -> bytes:
    """Return every letter as it came and as it is read."""
    found: list[bytes] = []
    for letter in came:
        found += [letter.as_bytes(), *map(_part, letter.walk())]
        found += [str(make_header(decode_header(said))).encode() for said in letter.values()]
    return b"\n".join(found)


def _part(part: Message) -> bytes:
    held = part.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


@contextmanager
def overheard(url: str) -> Iterator[bytearray]:
    """Note every command that a Valkey is given: what was queued and taken is in no key any more.

    Bytes that the server escapes stand there as they were.
    """
    server = urlsplit(url)
    heard = bytearray()
    with socket.create_connection((server.hostname, server.port), timeout=10) as line:
        asked = [f"AUTH {unquote(server.password)}"] if server.password else []
        for number, said in enumerate([*asked, "MONITOR"], 1):
            line.sendall(f"{said}\r\n".encode())
            while heard.count(b"+OK\r\n") < number:
                heard += line.recv(1 << 10)
        line.settimeout(None)
        listener = threading.Thread(target=_listen, args=(line, heard))
        listener.start()
        yield heard
        line.shutdown(socket.SHUT_RDWR)
        listener.join()
    heard[:] = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), heard)


def _listen(line: socket.socket, heard: bytearray) -> None:
    while said := line.recv(1 << 16):
        heard.extend(said)

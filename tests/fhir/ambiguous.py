"""JSON that means two things, or more than fits: what each parser refuses (SEC-33)."""

from __future__ import annotations

import json

AMBIGUOUS = {
    "a byte-order mark": b'\xef\xbb\xbf{"a": 1}',
    "a second document": b'{"a": 1} {"a": 2}',
    "the same member twice": b'{"a": 1, "a": 1}',
    "the same member twice, one escaped": b'{"a": 1, "\\u0061": 2}',
    "the same member twice, deep inside": b'{"a": [{"b": {"c": 1, "c": 2}}]}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a number beyond all bounds": b'{"a": 1e400}',
    "a number too small to hold": b'{"a": 1e-400}',
    "a number of too many digits": b'{"a": ' + b"9" * 5000 + b"}",
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "half a surrogate pair in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "a zero byte in a string": b'{"a": "x\\u0000y"}',
    "a zero byte in a name": b'{"a\\u0000": 1}',
    "bytes that are not UTF-8": b'{"a": "\xff"}',
    "a raw control character": b'{"a": "\x01"}',
    "a comment": b'{"a": 1 /* one */}',
    "single quotes": b"{'a': 1}",
    "no object": b"[1, 2]",
    "nothing": b"",
    "half a document": b'{"a": {"b": 1}',
    "depth 65": b'{"a":' * 64 + b"[1]" + b"}" * 64,
    "depth 100,000": b"[" * 100_000 + b"]" * 100_000,
    "brackets that never close": b'{"a":' * 100_000,
    "a string over 64 KiB": json.dumps({"a": "x" * 65_537}).encode(),
    "a string over 64 KiB in UTF-8": json.dumps({"a": "é" * 40_000}, ensure_ascii=False).encode(),
}

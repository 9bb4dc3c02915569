from __future__ import annotations

import json
from datetime import UTC, datetime

from fhir.stamp import stamp

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RECEIVED = (
    b'{"id":"theirs","resourceType":"Observation","valueQuantity":{"value":72.50,"code":"1"},'
    b'"meta":{"profile":["urn:x"],"versionId":"9"},"_effectiveDateTime":{"id":"e"},'
    b'"extension":[{"url":"urn:y","valueDecimal":1E3}]}'
)


def test_only_the_id_and_the_version_are_ours_fhir_14() -> None:
    stamped = stamp(RECEIVED, id_="ours", version=2, updated=AT)

    read = json.loads(stamped, parse_float=str)
    assert (read["id"], read["meta"]["versionId"]) == ("ours", "2")
    assert read["meta"]["lastUpdated"] == "2026-03-02T12:00:00+00:00"
    assert read["meta"]["profile"] == ["urn:x"]
    assert b'"value":72.50' in stamped
    assert b"1E3" in stamped
    before = json.loads(RECEIVED, parse_float=str)
    for ours in ("id", "meta"):
        del read[ours], before[ours]
    assert read == before

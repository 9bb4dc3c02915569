"""What no door can be faster than: decoding and answering alone, and COPY of the rows alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from fastapi import FastAPI, Request, Response

from fhir.bundle import read_bundle
from fhir.observation import parse
from fhir.outcome import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

FHIR_JSON = "application/fhir+json; charset=utf-8"
TYPES = (
    ("patient_id", "uuid"),
    ("effective", "timestamptz"),
    ("resource_id", "uuid"),
    ("received_at", "timestamptz"),
    ("value", "float8"),
    ("until", "timestamptz"),
    ("local_day", "date"),
    ("resource_version", "int4"),
    ("ordinal", "int4"),
    ("history", "bool"),
    ("superseded", "bool"),
    ("vital", "text"),
    ("device", "text"),
    ("quality", "text"),
    ("precision", "text"),
    ("comparator", "text"),
    ("value_received", "text"),
    ("unit_received", "text"),
)


def create_app() -> FastAPI:
    """Return the same framework with the same decoder, and nothing behind it."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    async def one(request: Request) -> Response:
        body = await request.body()
        if isinstance(parse(body), Refusal):
            return Response(status_code=400)
        return Response(body, 201, media_type=FHIR_JSON)

    async def many(request: Request) -> Response:
        bundle = read_bundle(await request.body())
        if isinstance(bundle, Refusal):
            return Response(status_code=400)
        read = [parse(entry.raw) for entry in bundle.entries]
        good = sum(not isinstance(each, Refusal) for each in read)
        return Response(str(good).encode(), 200, media_type=FHIR_JSON)

    async def ready() -> Response:
        return Response()

    web.add_api_route("/healthz", ready, methods=["GET"])
    web.add_api_route("/fhir/Observation", one, methods=["POST"])
    web.add_api_route("/fhir", many, methods=["POST"])
    return web


def copy_rate(owner_url: str, *, readings: int, repeats: int) -> list[float]:
    """Return readings a second that COPY alone stores: encoded here, committed 1,000 at a time.

    The rows are the newest that the door stored, the table has their form and their indexes.
    """
    names = ", ".join(name for name, _ in TYPES)
    with psycopg.connect(owner_url) as connection:
        cursor = connection.cursor(binary=True)
        cursor.execute(
            f"select {names} from reading order by received_at desc limit {readings}"  # noqa: S608 (constants)
        )
        rows = cursor.fetchall()
        rates = []
        for _ in range(repeats):
            connection.execute("drop table if exists ceiling")
            connection.execute("create table ceiling (like reading including all)")
            connection.commit()
            rates.append(len(rows) / _copy(connection, names, rows))
        connection.execute("drop table ceiling")
    return rates


def _copy(
    connection: psycopg.Connection[Any], names: str, rows: Sequence[tuple[Any, ...]]
) -> float:
    statement = f"copy ceiling ({names}) from stdin (format binary)"
    started = time.perf_counter()
    for start in range(0, len(rows), 1000):
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([kind for _, kind in TYPES])
            for row in rows[start : start + 1000]:
                copy.write_row(row)
        connection.commit()
    return time.perf_counter() - started

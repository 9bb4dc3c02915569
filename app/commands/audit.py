"""`audit verify|prune|restored|key`: whether the audit is as it was sealed, and its keeping."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.audit_chain import repository, service
from app.audit_chain.heads import Signer, keys_by_name
from app.audit_chain.verifying import Outside, Report, verify
from app.audit_chain.witness import FILE, Witness
from core.audit import Action, record
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.errors import ConflictError, InvalidError
from core.security import SYSTEM
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

Heads = Annotated[Path | None, typer.Option(help="The file of heads; else that of the data.")]
Keys = Annotated[
    list[str] | None, typer.Option("--key", help="A public key that signed heads before.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The audit: proven whole, and pruned.", no_args_is_help=True)
    group.command("verify")(run_verify)
    group.command("prune")(prune)
    group.command("restored")(restored)
    group.command("key")(key)
    cli.add_typer(group, name="audit")


def run_verify(
    since: Annotated[str, typer.Option(help="A block's number, or a day such as 2027-01-31.")] = "",
    heads: Heads = None,
    former: Keys = None,
) -> None:
    """Name every row, block and head that is not as it was sealed; exit code 1 if any is not."""
    settings = Settings()
    witness = Witness(heads or settings.data / FILE)
    trusted = keys_by_name([_signer(settings).public, *map(_public, former or ())])
    outside, damaged = witness.read()
    with _session(settings) as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        report = verify(
            session,
            trusted,
            Outside(tuple(outside), damaged),
            now=utc_now(),
            since=_since(session, since),
        )
    _print(report)
    if report.findings:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    for each in report.findings:
        typer.echo(each)
    typer.echo(
        f"{report.blocks} blocks with {report.rows} rows were looked at;"
        f" {report.waiting} rows are not sealed yet"
    )
    if report.pruned_to:
        typer.echo(f"the rows up to block {report.pruned_to} were pruned, as a signed head says")
    if report.taken_away:
        typer.echo(f"the parameters of {report.taken_away} rows were taken away")
    if not report.findings:
        typer.echo("everything is as it was sealed")


def _since(session: Session, said: str) -> int:
    if not said:
        return 1
    if said.isdecimal():
        return max(1, int(said))
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise InvalidError("must be a block's number or a day", field="since") from None
    found = repository.first_sealed_since(session, at if at.tzinfo else at.replace(tzinfo=UTC))
    last = repository.last_block(session)
    return found or (last.number + 1 if last else 1)


def prune(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Events from this day on stay.")
    ],
) -> None:
    """Delete whole sealed blocks of events before a day; the chain goes on proving the rest.

    It works as the owner of the tables: the application may delete no event.
    """
    settings = Settings()
    signer, at = _signer(settings), before.replace(tzinfo=UTC)
    with _session(settings, owner=True) as session:
        block, gone = service.prune(session, before=at, signer=signer, now=utc_now())
        if gone:
            record(session, SYSTEM, Action.DELETE, "audit", now=utc_now())
    typer.echo(f"{gone} events were deleted, up to block {block}")


def restored() -> None:
    """Say that the database was restored from a copy older than the heads that stand outside."""
    settings = Settings()
    signer, witness = _signer(settings), Witness(settings.data / FILE)
    with _session(settings) as session:
        block = repository.last_block(session)
        if block is None or witness.last() <= repository.last_head(session):
            raise ConflictError("the database has every head that stands outside")
        now = utc_now()
        said = service.head_of(session, block, "restored", now=now, after=witness.last())
        head = service.sign(session, signer, said)
        record(session, SYSTEM, Action.EXECUTE, "audit-restored", now=now)
    typer.echo(f"the chain goes on after block {block.number}, as head {head.number} says")


def key(
    new: Annotated[bool, typer.Option(help="Print a new key for WARDLIGHT_AUDIT_KEY.")] = False,
) -> None:
    """Print the public key that proves the heads, for whoever verifies elsewhere."""
    if new:
        typer.echo(_text(Signer.fresh()))
        return
    typer.echo(_text(_signer(Settings()).public))


def _text(key: bytes) -> str:
    return urlsafe_b64encode(key).decode().rstrip("=")


def _public(said: str) -> bytes:
    try:
        raw = urlsafe_b64decode(said + "=" * (-len(said) % 4))
        keys_by_name([raw])
    except ValueError:
        raise InvalidError("must be as `wardlight audit key` prints it", field="key") from None
    return raw


def _signer(settings: Settings) -> Signer:
    signer = Signer.of(settings)
    if signer is None:
        raise InvalidError("set WARDLIGHT_AUDIT_KEY or WARDLIGHT_SECRET_KEY")
    return signer


@contextmanager
def _session(settings: Settings, *, owner: bool = False) -> Iterator[Session]:
    with servers(settings, broker=False) as running:
        url = running.migration_database_url if owner else running.database_url
        database = Database(url, field_keys=running.field_keys, pool_size=1)
        try:
            with database.transaction() as session:
                yield session
        finally:
            database.close()

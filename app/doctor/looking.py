"""Looks at everything that an installation stands on: servers, disk, files, mail, keys."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
from ctypes import CDLL
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import redis
from sqlalchemy.exc import DBAPIError

from alerts.notify.email import TIMEOUT_SECONDS
from alerts.notify.hurried import Hurried
from app.doctor import findings
from app.doctor.database import looked_into, profile
from app.doctor.findings import Finding, Verdict
from app.erasure.outside import Ledger
from app.weekly_forms.pdf import PANGO
from app.worker import broker_answers, on_rabbitmq
from core.clock import utc_now
from core.database import Database
from core.errors import InvalidError
from core.lookup import resolve
from core.production import near
from core.sealing import Keyring
from core.secret_files import found_in
from core.settings import Environment, Settings
from core.wrapping import is_wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.embedded import Servers

LOOK_SECONDS = 3
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")


def everything(settings: Settings, servers: Servers) -> Iterator[Finding]:
    """Return a finding for each thing that was looked at."""
    yield _environment(settings)
    yield from _database(settings, servers)
    yield from findings.broker(
        answers=broker_answers(servers.broker_url),
        opened=_opened(servers.broker_url),
        nearby=_nearby(servers.broker_url, settings),
    )
    ground = _ground(settings.data)
    yield findings.disk(shutil.disk_usage(ground).free, ground)
    kept = ground.is_dir() and os.access(ground, os.W_OK | os.X_OK)
    yield findings.folder(settings.data, kept=kept)
    modes = {path: path.stat().st_mode for path in _private(settings)}
    yield from findings.files(modes, profile(settings))
    yield findings.mail(_mail(settings), configured=bool(settings.smtp_host))
    yield findings.paper(PANGO, found=_pango())
    yield _wrapped(settings)


def _environment(settings: Settings) -> Finding:
    if settings.environment is Environment.PRODUCTION:
        return Finding("profile", Verdict.OK, "production")
    mend = "set WARDLIGHT_ENVIRONMENT=production for real people"
    return Finding("profile", Verdict.WARN, f"{settings.environment}, for invented people", mend)


def _database(settings: Settings, servers: Servers) -> Iterator[Finding]:
    database = Database(servers.database_url, field_keys=servers.field_keys, pool_size=1)
    try:
        found = looked_into(database, Ledger.of(settings.data))
    except DBAPIError:
        mend = "start it, or mend WARDLIGHT_DATABASE_URL"
        yield Finding("database", Verdict.REFUSED, "it cannot be reached", mend)
        return
    except InvalidError as error:  # of what stands beside it in the data folder
        yield Finding("erasures", Verdict.REFUSED, error.message)
        return
    finally:
        database.close()
    yield from findings.database(found, profile(settings))
    yield findings.migrated(found)
    yield findings.monitored(found)
    yield findings.clock(found)
    ring = Keyring.read(servers.field_keys)
    names = [ring.current, *(name for name in ring.keys if name != ring.current)]
    yield from findings.keys(names, found.oldest_seal, now=utc_now())


def _opened(broker_url: str) -> bool:
    """Return whether a Valkey or Redis lets somebody in who says no password."""
    if on_rabbitmq(broker_url):
        return False
    address = urlsplit(broker_url)
    bare = address._replace(netloc=address.netloc.rpartition("@")[2])
    client = redis.Redis.from_url(
        urlunsplit(bare), socket_timeout=LOOK_SECONDS, socket_connect_timeout=LOOK_SECONDS
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def _nearby(broker_url: str, settings: Settings) -> bool:
    address = urlsplit(broker_url)
    return address.scheme == "unix" or near(address.hostname or "", settings)


def _ground(folder: Path) -> Path:
    """Return a folder, or what it would be made in: the first process that keeps something does."""
    whole = folder.absolute()
    return next(each for each in (whole, *whole.parents) if each.exists())


def _private(settings: Settings) -> Iterator[Path]:
    """Return the data folder, and every file of secrets that this installation has."""
    named = [found_in(name) for name in Settings.model_fields]
    own = [settings.data / name for name in ("field-keys", "secret.key", "audit-spool.ndjson")]
    for path in [settings.data, *named, *own]:
        if path is not None and path.exists():
            yield path


def _mail(settings: Settings) -> str | None:
    """Return what failed when the mail server was greeted and signed in to, or None."""
    if not settings.smtp_host:
        return None
    where = (settings.smtp_host, settings.smtp_port, resolve)
    try:
        with Hurried(*where, seconds=TIMEOUT_SECONDS) as server:
            if settings.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.noop()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return type(error).__name__
    return None


def _pango() -> bool:
    """Return whether each library of the typesetter loads, under the name of either system."""
    return all(_loads(f"lib{name}.so.0") or _loads(f"lib{name}.0.dylib") for name in LIBRARIES)


def _loads(name: str) -> bool:
    try:
        CDLL(name)
    except OSError:
        return False
    return True


def _wrapped(settings: Settings) -> Finding:
    held = settings.field_keys
    if held is not None and is_wrapped(held.get_secret_value()):
        return Finding("field keys at rest", Verdict.OK, "a key service wraps them")
    mend = "let a key service wrap them (`wardlight keys wrap`), or keep them in a secret file"
    return Finding("field keys at rest", Verdict.WARN, "they lie readable", mend)

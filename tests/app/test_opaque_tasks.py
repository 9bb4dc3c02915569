"""A task carries one opaque id, or it is not published (SEC-21)."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery

from app.worker import OpaqueTask

ID = "6f0b4a1c-52b7-4f7e-9d2e-1c8f0a9b7e35"


@pytest.fixture
def task() -> Any:
    """Return a task of an application whose broker is nowhere: what is let through fails there."""
    celery = Celery("test", broker="memory://", task_cls=OpaqueTask)
    celery.conf.update(task_ignore_result=True)

    @celery.task(name="work")  # type: ignore[untyped-decorator]  # Celery has no types
    def work(_: str) -> None: ...

    return work


@pytest.mark.parametrize(
    "args",
    [
        ({"id": ID},),
        ("Oh Malsun",),
        (86.5,),
        ("86.5",),
        (86,),
        (None,),
        (ID.encode(),),
        (f"{{{ID}}}",),
        (f"urn:uuid:{ID}",),
        (ID, "Oh Malsun"),
        ([ID],),
        (),
        None,
    ],
    ids=repr,
)
def test_whatever_is_no_opaque_id_is_refused_and_not_repeated_sec_21(task: Any, args: Any) -> None:
    with pytest.raises(TypeError, match="opaque") as refused:
        task.apply_async(args=args, queue="normal")

    assert "Malsun" not in str(refused.value)
    assert "86" not in str(refused.value)


@pytest.mark.parametrize(
    "beside",
    [
        {"headers": {"who": "Oh Malsun"}},
        {"task_id": "Oh Malsun"},
        {"shadow": "Oh Malsun"},
        {"kwargsrepr": "Oh Malsun"},
        {"argsrepr": "Oh Malsun"},
    ],
    ids=lambda each: next(iter(each)),
)
def test_nothing_is_said_beside_the_id_sec_21(task: Any, beside: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        task.apply_async(args=(ID,), queue="normal", **beside)


def test_named_arguments_are_refused_sec_21(task: Any) -> None:
    with pytest.raises(TypeError):
        task.apply_async(args=(ID,), kwargs={"name": "Oh Malsun"})


def test_an_id_is_published_as_it_is_and_described_without_it_sec_21(task: Any) -> None:
    published: list[tuple[Any, Any]] = []
    task.app.amqp.send_task_message = lambda _, __, message, **___: published.append(
        (message.headers, message.body)
    )

    task.apply_async(args=(ID,), queue="normal", retry=False)

    ((headers, body),) = published
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("(row,)", "{}")
    assert tuple(body[0]) == (ID,)
    assert body[1] == {}

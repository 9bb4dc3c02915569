"""Two systems never share a data folder or a port, and the second is told so."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from app.claim import claimed, need_free
from core.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_data_folder_belongs_to_one_system_at_a_time(tmp_path: Path) -> None:
    with (
        claimed(tmp_path),
        pytest.raises(ConflictError, match="another wardlight runs on"),
        claimed(tmp_path),
    ):
        pass

    with claimed(tmp_path):
        assert (tmp_path / "up.lock").exists()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(InvalidError, match="WARDLIGHT_DATA="), claimed(file / "folder"):
        pass


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])

        with pytest.raises(ConflictError, match=str(port)):
            need_free("127.0.0.1", port)

    need_free("127.0.0.1", port)

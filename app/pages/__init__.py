"""The pages that clinicians use: server-rendered, through the same services as the API."""

from app.pages.router import mount

__all__ = ["mount"]

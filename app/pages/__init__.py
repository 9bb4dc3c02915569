"""The pages that clinicians use: server-rendered, through the same services as the API."""

from app.pages.router import mount, router

__all__ = ["mount", "router"]

"""Hands messages to patients and carers over to a gateway, until they are taken."""

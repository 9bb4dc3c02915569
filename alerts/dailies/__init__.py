"""The question each day how somebody is."""

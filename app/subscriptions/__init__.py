"""Telling other systems that an alert changed, without a word about whom or what."""

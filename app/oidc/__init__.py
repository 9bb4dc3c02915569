"""Sign-in at the organisation's own provider, by OpenID Connect (SEC-05)."""

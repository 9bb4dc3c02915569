"""Two records that are one person: said explicitly, seen as one, and undone without a trace."""

"""Which devices measured what an alert rests on."""

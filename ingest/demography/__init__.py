"""Which kinds of people there are, for figures about many of them."""

"""One resource and its versions, by id: read, replaced, taken away, and what came before."""

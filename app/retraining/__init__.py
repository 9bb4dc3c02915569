"""Training a model anew: asked for as a row, done by a process of its own, kept in shadow."""

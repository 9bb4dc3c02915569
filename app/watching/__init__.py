"""The watcher: a synthetic person goes the whole way each minute, and only then is it said."""

"""Several alerts taken by one act."""

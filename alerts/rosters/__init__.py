"""Who could be told of a patient at an instant."""

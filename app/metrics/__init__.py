"""What a monitoring system reads of this one: numbers about work, never about anybody."""

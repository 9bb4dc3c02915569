"""How far the clocks of devices are off, as coincident timestamps tell."""

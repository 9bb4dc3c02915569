"""How scored patient-days turned out: known from alerts and stays, drawn by lot and asked about."""

"""Video visits of the same day: booked on an alert, held, missed or cancelled."""

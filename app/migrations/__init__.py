"""Schema migrations, run by the owning role; `app.migrate` starts them."""

"""How each learning platform names what it gives: one module a platform."""

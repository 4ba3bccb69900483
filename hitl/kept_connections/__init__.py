"""Django's PostgreSQL backend for a desk whose web threads keep their connection from one request to the next."""

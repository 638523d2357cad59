"""Regular expressions by example: a language that this library knows nothing of."""

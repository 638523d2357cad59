"""Dishonest implementations: each breaks one promise, and says which."""

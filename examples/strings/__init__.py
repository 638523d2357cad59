"""String transformations by example, in a language of typed Python functions."""

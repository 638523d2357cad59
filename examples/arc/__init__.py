"""The reference domain: the Abstraction and Reasoning Corpus (ARC)."""

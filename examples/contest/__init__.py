"""A learner against as many blind mutants: what the small domains have in common."""

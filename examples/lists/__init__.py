"""Expert iteration on small programs over lists of integers, in the manner of DeepCoder."""

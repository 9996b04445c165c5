"""Whether the proofs would see it: the real code with one guard or one branch taken away, many times over."""

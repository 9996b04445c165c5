"""The proofs that every request ends exactly once, whatever dies. `make chaos` runs them all."""

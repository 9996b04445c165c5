"""The adapters in memory and the real ones on the emulators do the same: all other proofs rest on it."""

"""The eighth proof: eight at once, on the real Firestore emulator, and each document has one winner."""

"""The sixth proof: a fuzz of `firestore.rules`, on the real Firestore emulator."""

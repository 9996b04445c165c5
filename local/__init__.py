"""What runs on a developer's machine: the set-up, the Emulator Suite, and what starts and stops the rest."""

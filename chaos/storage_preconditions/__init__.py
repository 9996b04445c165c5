"""In front of the Storage emulator, which ignores generation preconditions: one that holds to them."""

"""Hypothesis plays fate: who moves next, what fails, and how late it is. The handlers are the real ones."""

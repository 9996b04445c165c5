"""The models that Safelight ships: the catalogue, and what makes their weights."""

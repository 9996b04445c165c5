"""Leases and pauses for somebody who has minutes. Nothing else differs from what is deployed."""

from datetime import timedelta

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Catalogue, Deadlines
from contracts.patience import Patience

PATIENCE = Patience(
    event=timedelta(seconds=8),
    submitting=timedelta(seconds=6),
    ask_again=timedelta(seconds=2),
    look_again=timedelta(seconds=3),
    breaker=timedelta(seconds=3),
    shortest_pause=timedelta(seconds=0.5),
    longest_pause=timedelta(seconds=4),
)
DEADLINES = Deadlines(queued=15, loading=8, generating=8, encoding=8, uploading=10)


def short_catalogue() -> Catalogue:
    """The models as they are, with short leases."""
    catalogue = load_catalogue()
    models = [model.model_copy(update={"deadlines_seconds": DEADLINES}) for model in catalogue.models]
    return catalogue.model_copy(update={"models": models})

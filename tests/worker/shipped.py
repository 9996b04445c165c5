"""The models whose weights are in this repository, whatever else is offered: one for images, one for videos."""

from adapters.catalogue_file import load_catalogue

SHIPPED = [model for model in load_catalogue().models if model.source.folder is not None]

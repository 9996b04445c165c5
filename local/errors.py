"""The one error of this folder."""


class LocalError(Exception):
    """Something on this machine is in the way. The message is for the user: what was found, what to do."""

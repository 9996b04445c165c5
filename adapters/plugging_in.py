"""What whoever deploys puts in our place, by its name in a variable: `package.module:factory`."""

import importlib
import re
import traceback
from collections.abc import Callable
from typing import Any

NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


class NotPluggedIn(Exception):  # noqa: N818 - read by whoever deploys
    """The name leads to nothing that can be used. The message says what to do."""


def plug_in(
    variable: str, named: str, *arguments: object, passing: tuple[type[Exception], ...] = ()
) -> Callable[..., Any]:
    """What the factory makes: something to call.

    Args:
        variable: of the environment; its name, for messages.
        named: its value.
        arguments: what the factory is called with.
        passing: what the factory may raise that says itself what to do.

    Raises:
        NotPluggedIn: there is no such factory, or it makes nothing that can be called. What it raised is told by
            its type alone: its text could hold a key.

    """
    if not NAME.fullmatch(named):
        raise NotPluggedIn(f"{variable} is no name of a factory: write it as package.module:factory.")
    module_name, _, factory_name = named.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise NotPluggedIn(
            f"{variable} is {named}, and {module_name} cannot be imported: {_raised(error)}. "
            "Correct the name, or put the module beside our packages."
        ) from error
    factory = getattr(module, factory_name, None)
    if not callable(factory):
        raise NotPluggedIn(f"{variable} is {named}, and {module_name} has no function {factory_name}.")
    try:
        made: Callable[..., Any] = factory(*arguments)
    except passing:
        raise
    except Exception as error:
        raise NotPluggedIn(f"{variable} is {named}, which raised {_raised(error)}. Mend it.") from error
    if not callable(made):
        raise NotPluggedIn(f"{variable} is {named}, which made a {type(made).__name__}: it must make a function.")
    return made


def _raised(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {where.filename.rpartition('/')[2]}:{where.lineno}"

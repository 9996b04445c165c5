"""What pydantic found wrong with a document, as one sentence for the user.

The one table from pydantic's error types to our words: none of its own reaches a user.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from contracts.errors import RequestInvalid

# What follows the field's name. In braces: a part of pydantic's context for the error.
SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "value_error": "{error}",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_pattern_mismatch": "must be a name as the catalogue spells it",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "bool_type": "must be true or false",
    "datetime_type": "must be a time",
    "datetime_parsing": "must be a time",
    "datetime_from_date_parsing": "must be a time",
    "timezone_aware": "must be a time with its time zone",
    "dict_type": "must be a map",
    "list_type": "must be a list",
    "model_type": "must be a map",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
OTHERWISE = "is not valid"
INSIDE = "holds something that is not valid"
NAME_PATTERN = "[A-Za-z_][A-Za-z0-9_]{0,63}"


def refusal(error: ValidationError, document: str = "document") -> RequestInvalid:
    """The first thing that is wrong, naming the field.

    Args:
        error: what pydantic raised.
        document: what is to blame where a key is none that could be shown: its own text may be anything.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    field, *inside = first["loc"] or (document,)
    if not isinstance(field, str) or not re.fullmatch(NAME_PATTERN, field):
        return RequestInvalid(document, f"{document} has a key that is not one of its own")
    ending = INSIDE if inside else SENTENCES.get(first["type"], OTHERWISE)
    return RequestInvalid(field, f"{field} {ending.format_map(_words(first.get('ctx', {})))}")


def _words(context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace("'", "").replace("True", "true").replace("False", "false")
        if name == "expected"
        else _number(value)
        for name, value in context.items()
    }


def _number(value: Any) -> Any:  # noqa: ANN401 - a limit, or an error of our own
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""Reads the declarations of a template's parameters: their types and allowed values."""

import re
from collections.abc import Mapping
from typing import Any


def allowed_values(declared: Mapping[str, Any]) -> list[Any]:
    """Return the values that a parameter may have; an empty list means any value."""
    allowed = declared.get("AllowedValues")
    if not isinstance(allowed, list) or is_list(declared) or is_of_parameter_store(declared):
        return []
    return [value for value in allowed if is_scalar(value)]


def is_of_parameter_store(declared: Mapping[str, Any]) -> bool:
    """Whether a parameter's value is the name of a parameter in Systems Manager."""
    return str(declared.get("Type")).startswith("AWS::SSM::Parameter::")


def is_list(declared: Mapping[str, Any]) -> bool:
    """Whether a parameter is a list of values, given as one text."""
    return bool(re.search("List<|CommaDelimitedList", str(declared.get("Type"))))


def is_scalar(value: object) -> bool:
    """Whether it is a string, a number or a boolean."""
    return isinstance(value, (str, int, float))

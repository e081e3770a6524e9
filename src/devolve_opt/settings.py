"""Settings: frozen tables of keys, each with unit, default, source and meaning; what is wrong with them, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devolve_opt.errors import MOST_LISTED, Fault, did_you_mean, more_like_these, shown
from devolve_opt.language import chosen, tr

REPORT = "the city's report"
ASSUMPTION = "assumption"


def setting(default: Any, unit: str, source: str, meaning: str, **limits: Any) -> Any:
    """Return a key: default, unit, where the default comes from, what it means, and limits (`ge`, `gt`, `le`)."""
    if isinstance(default, int | float):
        limits["strict"] = True  # neither "43" nor true is a number
    return Field(default, description=meaning, json_schema_extra={"unit": unit, "source": source}, **limits)


class Settings(BaseModel):
    """A frozen table of keys; unknown keys are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


def settings_faults(model: type[BaseModel], error: ValidationError, file: str = "", prefix: str = "") -> list[Fault]:
    """Translate pydantic's errors into faults with the key, the value and what to do; many of one kind are counted.

    Args:
        model: the settings class whose keys are suggested for unknown ones.
        error: what pydantic raised.
        file: the file the settings came from.
        prefix: key under which they stand, such as `policy`.
    """
    faults = []
    kinds: Counter[str] = Counter()
    for detail in error.errors(include_url=False):
        kinds[detail["type"]] += 1
        if kinds[detail["type"]] > MOST_LISTED:
            continue
        path = [str(part) for part in detail["loc"]]
        key = ".".join([prefix, *path] if prefix else path)
        value = detail["input"]
        given = None if isinstance(value, dict | BaseModel) or value is None else shown(value)
        if detail["type"] == "extra_forbidden":
            owner = _owner(model, path[:-1])
            message = tr("unknown key.") + did_you_mean(path[-1], owner.model_fields)
        elif detail["type"] == "value_error":
            message, given = detail["msg"].removeprefix("Value error, ") + chosen("。", "."), None
        else:
            message = _remedy(detail)
        faults.append(Fault(message, file=file, column=key, value=given))
    for number in kinds.values():
        faults += more_like_these(number - MOST_LISTED, file)
    return faults


REMEDIES = {
    "int_type": "must be a whole number.",
    "int_from_float": "must be a whole number.",
    "float_type": "must be a number.",
    "finite_number": "must be a finite number.",
    "bool_type": "must be true or false.",
    "bool_parsing": "must be true or false.",
    "string_type": "must be text in quotation marks.",
    "tuple_type": "must be a list in square brackets.",
    "list_type": "must be a list in square brackets.",
    "dict_type": "must be a table of keys and values.",
    "model_type": "must be a table of keys and values.",
    "mapping_type": "must be a table of keys and values.",
    "greater_than_equal": "must be at least {ge:g}.",
    "greater_than": "must be above {gt:g}.",
    "less_than_equal": "must be at most {le:g}.",
    "less_than": "must be below {lt:g}.",
    "literal_error": "must be one of {expected}.",
    "enum": "must be one of {expected}.",
    "string_too_short": "must not be empty.",
    "too_short": "must hold at least {min_length}.",
    "too_long": "must hold at most {max_length}.",
    "missing": "is missing; add it.",
}
"""What to do about each kind of error that pydantic finds."""

_UNQUOTED = ("must be a whole number.", "must be a number.", "must be true or false.")


def _remedy(detail: Mapping[str, Any]) -> str:
    english = REMEDIES.get(detail["type"])
    named = {key: value.replace(" or ", tr(" or ")) if key == "expected" else value
             for key, value in detail.get("ctx", {}).items()}  # fmt: skip
    words = f"{detail['msg']}." if english is None else tr(english, **named)
    quoted = isinstance(detail["input"], str) and english in _UNQUOTED
    return words[:-1] + tr("; leave the quotation marks out") + words[-1] if quoted else words


def _owner(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    """Return the settings class that holds the key at the end of a path."""
    for part in path:
        if part in model.model_fields:
            model = _settings_in(model.model_fields[part].annotation) or model
    return model


def _settings_in(annotation: Any) -> type[BaseModel] | None:
    """Return the settings class within an annotation such as `PostWeights | None`, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_settings_in(argument) for argument in get_args(annotation))
    return next((settings for settings in found if settings is not None), None)

"""Groups of options: frozen dataclasses whose values pydantic checks, with one-line errors that name the key.

Whatever is made of options, from Python, a recipe or the metadata of weights, is checked here and in the
`__post_init__` of its class, where options have to fit together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Annotated, Any, TypeVar, cast, dataclass_transform, get_args

from pydantic import AfterValidator, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic import dataclasses as checked_dataclasses
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema, to_json, to_jsonable_python

from rtpca.errors import ConfigError, one_line

T = TypeVar("T")

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
"""A part or a probability."""
BelowOne = Annotated[float, Field(ge=0, lt=1)]
"""A rate, decay or correlation."""


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise PydanticCustomError("ordered", "a list of two with the smaller number first")
    return pair


Range = Annotated[tuple[T, T], AfterValidator(_ordered)]
"""From a lowest to a highest value."""

# Nothing is converted: "3" is no number, 1 is not true; a whole number is a number. NaN is none.
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

_WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "missing": "a longer list",
    "too_long": "a list of {max_length}",
    "dataclass_type": "a group of options",
    "literal_error": "{expected}",
    "union_tag_invalid": "one of {expected_tags}",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "below {lt:g}",
    "less_than_equal": "at most {le:g}",
}


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,))
def options(group: str = "") -> Callable[[type[T]], type[T]]:
    """Make a class a group of options: a frozen dataclass, by keyword only, whose values are checked.

    Args:
        group: Its dotted name in a recipe, for messages.

    Example:
        >>> @options("pizza")
        ... class PizzaOptions:
        ...     slices: Count = 8
        >>> PizzaOptions(slices=0)
        Traceback (most recent call last):
        rtpca.errors.ConfigError: pizza.slices=0 must be at least 1
    """

    def decorate(cls: type[T]) -> type[T]:
        made: Any = checked_dataclasses.dataclass(cls, frozen=True, kw_only=True, config=_STRICT)
        construct = made.__init__

        @wraps(construct)
        def init(self: object, **values: Any) -> None:
            try:
                construct(self, **values)
            except ValidationError as error:
                raise ConfigError(_message(error, made, values, group)) from None

        made.__init__ = init
        return made

    return decorate


class _NoneWord:
    """Lets a group be given as the word none, which is what its class method `none` makes."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.tagged_union_schema(
            {
                "none": core_schema.no_info_plain_validator_function(lambda word: source.none()),
                "group": handler(source),
            },
            discriminator=lambda value: "none" if value == "none" else "group",
        )


OrNone = Annotated[T, _NoneWord()]
"""A group that may be given as the word none."""


def from_plain(kind: Any, values: object, group: str = "") -> Any:
    """A group of options from plain values, as YAML and JSON have them.

    Args:
        kind: Its class, or an annotated union of classes.
        values: Nested mappings, lists and scalars.
        group: Its dotted name in a recipe, for messages.

    Raises:
        ConfigError: If a key is unknown, or a value does not fit.
    """
    # Through JSON: strict there means lists for tuples and mappings for groups, and nothing else converted.
    try:
        text = to_json(values, inf_nan_mode="constants", fallback=str)
    except ValueError as error:  # half a character, a value within itself
        raise ConfigError(f"{group or 'recipe'}: no plain values ({one_line(str(error), 200)})") from error
    try:
        return _reader(kind).validate_json(text)
    except ValidationError as error:
        raise ConfigError(_message(error, kind, values, group)) from None


def to_plain(group: object) -> dict[str, Any]:
    """All options of a group as nested dictionaries, lists and scalars, for YAML and JSON."""
    return to_jsonable_python(group)


@lru_cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _message(error: ValidationError, kind: Any, values: object, group: str) -> str:
    """One line on what does not fit: keys that are unknown, or else values."""
    details = error.errors(include_url=False)
    unknown = [each["loc"] for each in details if each["type"] == "unexpected_keyword_argument"]
    if unknown:
        path = unknown[0][:-1]
        where, here = _key(path, values, group), [str(loc[-1]) for loc in unknown if loc[:-1] == path]
        given, known = (
            ", ".join(_under(where, name) for name in names) for names in (here, _known(kind, path))
        )
        return f"unknown option {given}; known here: {known}"
    wanted: dict[
        str, dict[str, None]
    ] = {}  # by what was given; where several kinds of values fit, each says so
    for each in details:
        key, value, context = _key(each["loc"], values, group), each["input"], each.get("ctx", {})
        if each["type"] == "union_tag_invalid":
            key, value = _under(key, context["discriminator"].strip("'()")), context["tag"]
        needed = _WANTED.get(each["type"], each["msg"]).format(**context)
        wanted.setdefault(f"{key or 'recipe'}={value!r}", {})[needed] = None
    return "; ".join(f"{given} must be {' or '.join(kinds)}" for given, kinds in wanted.items())


def _under(group: str, name: str) -> str:
    return f"{group}.{name}" if group else name


def _key(path: Sequence[int | str], values: object, key: str) -> str:
    """Dotted key of a value; pydantic's labels of alternatives, which are in its path, are left out."""
    for part in path:
        if isinstance(values, Mapping) and part in values:
            key, values = _under(key, str(part)), cast(Mapping[Any, object], values)[part]
        elif isinstance(values, list | tuple) and isinstance(part, int) and part < len(values):
            key, values = f"{key}[{part}]", cast(Sequence[object], values)[part]
    return key


def _known(kind: Any, path: Sequence[int | str]) -> list[str]:
    """Names of the options of the group at a path."""
    groups = _groups(kind)
    for part in path:
        named = [field.annotation for fields in groups for name, field in fields.items() if name == part]
        if named:
            groups = [fields for annotation in named for fields in _groups(annotation)]
        else:  # the label of an alternative, or of a group that may be none
            groups = [
                fields for fields in groups if any(field.default == part for field in fields.values())
            ] or groups
    return [name for fields in groups for name in fields]


def _groups(kind: Any) -> list[dict[str, FieldInfo]]:
    """Fields of the groups that a type allows: of a class, or of the members of a union."""
    if hasattr(kind, "__pydantic_fields__"):
        return [kind.__pydantic_fields__]
    return [fields for member in get_args(kind) for fields in _groups(member)]

"""Pins: decisions that every plan of a scenario has to keep, each with its reason on record."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from devolve_opt.language import tr
from devolve_opt.settings import Settings
from devolve_opt.vocabulary import BASE_LIST, Category, called

ANY_LIST = "any"
"""In a pin: the guide list, whichever of its lists."""
List = Literal["base", "any"] | Category


class Pin(Settings):
    """One decision that is made already: a township takes a power, a list holds it, or not."""

    power: str = Field(
        min_length=1, description="The power, by its id.", json_schema_extra={"unit": "id", "source": "the user"}
    )
    township: str | None = Field(
        None, min_length=1, description="The township that takes it, or does not; give either this or `list`.",
        json_schema_extra={"unit": "id", "source": "the user"},
    )  # fmt: skip
    list: List | None = Field(
        None, description=f"The list that holds it, or does not: `{BASE_LIST}`, a category, or `{ANY_LIST}` for the "
        "guide list, whichever of its lists.",
        json_schema_extra={"unit": "list", "source": "the user"},
    )  # fmt: skip
    holds: bool = Field(
        True, strict=True, description="Whether it does.", json_schema_extra={"unit": "yes or no", "source": "the user"}
    )
    reason: str = Field(
        min_length=1, description="Who decided it and why; it stands beside the plan.",
        json_schema_extra={"unit": "text", "source": "the user"},
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_place(self) -> Pin:
        if (self.township is None) == (self.list is None):
            raise ValueError(tr("a pin needs either `township` or `list`; give one of them"))
        if not self.reason.strip():
            raise ValueError(tr("a pin needs a reason that can be read later; say who decided it and why"))
        return self

    @property
    def decision(self) -> str:
        """What is decided, as words without the reason."""
        named = {"township": self.township, "list": called(str(self.list)), "power": self.power}
        if self.township is not None:
            does, does_not = tr("{township} takes {power}", **named), tr("{township} does not take {power}", **named)
        elif self.list == ANY_LIST:
            does, does_not = tr("guide list holds {power}", **named), tr("guide list does not hold {power}", **named)
        else:
            does, does_not = tr("list {list} holds {power}", **named), tr("list {list} does not hold {power}", **named)
        return does if self.holds else does_not

    def __str__(self) -> str:
        """Return the decision and its reason as one line."""
        return tr("{decision} ({reason})", decision=self.decision, reason=self.reason)

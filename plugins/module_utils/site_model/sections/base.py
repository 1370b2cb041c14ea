"""What all parts of the model share: strict types, unknown keys refused, described keys."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticUndefined


class Part(BaseModel):
    """A part of the model: unknown keys are refused, numbers in quotes are not numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def key(description: str, default: Any = PydanticUndefined, unit: str = "", **limits: Any) -> Any:
    """A key of a part: what it says, its default (required without one), its unit, its limits.

    A list or dict as default is copied for each part.
    """
    extra = {"unit": unit} if unit else None
    if isinstance(default, (list, dict, type)):
        factory = default if isinstance(default, type) else lambda: default.copy()
        return Field(
            default_factory=factory, description=description, json_schema_extra=extra, **limits
        )
    return Field(default, description=description, json_schema_extra=extra, **limits)


def fault(rule: str, message: str, fix: str) -> PydanticCustomError:
    """An error of a value's own: the stable id of its rule, what is wrong, how to fix it."""
    return PydanticCustomError(rule, "{message}", {"message": message, "fix": fix})

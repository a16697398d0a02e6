"""Settings of hard limits: what nobody needs to learn."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator, model_validator

from streamrnn.config.section import Section


class HardLimits(Section):
    """Values that some streams must keep to, in their own unit."""

    streams: tuple[str, ...] = Field(
        default=("*",),
        strict=False,
        description="Streams that count, as shell patterns; * is any text.",
        examples=[["*/temperature"]],
    )
    low: float | None = Field(
        default=None, allow_inf_nan=False, description="The least.", examples=[-40.0]
    )
    high: float | None = Field(
        default=None, allow_inf_nan=False, description="The most.", examples=[85.0]
    )

    @field_validator("high")
    @classmethod
    def _check_order(cls, high: float | None, info: ValidationInfo) -> float | None:
        low = info.data.get("low")
        if low is not None and high is not None and high < low:
            raise ValueError("must not be below low")
        return high

    @model_validator(mode="after")
    def _check_not_empty(self) -> HardLimits:
        if self.low is None and self.high is None:
            raise ValueError("must have low, high or both")
        return self

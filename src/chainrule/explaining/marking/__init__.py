"""A learner's answer, marked; and exercise sheets."""

__all__: list[str] = []

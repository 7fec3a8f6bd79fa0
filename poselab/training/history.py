"""What a training records of itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """How a training went.

    Args:
        name: the method's name, for legends.
        losses: the loss of every training step, or the mean loss of every epoch.
        errors: the error on the validation set after every epoch.
        seconds: what every epoch took, with its validation.
        validation_losses: the loss on the validation set after every epoch, where it was asked for.
        n_epochs: how many epochs the training has when it is complete.
        unit: the unit of the errors.
        sizes: how many samples each of the losses is the mean of.
    """

    name: str
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    n_epochs: int = 0
    unit: str = "px"
    sizes: list[int] = field(default_factory=list)

    @property
    def error(self) -> float:
        """The error of the final weights on the validation set."""
        return self.errors[-1]

    @property
    def weights(self) -> list[int]:
        """How much each loss counts in a mean: its samples, or 1 where these are not known."""
        known = len(self.sizes) == len(self.losses)
        return self.sizes if known else [1] * len(self.losses)

    @property
    def total_seconds(self) -> float:
        """How long the whole training took."""
        return sum(self.seconds)

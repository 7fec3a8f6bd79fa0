"""Wrong answers to `run_epoch`. Each changes one step of the same loop."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from autograder.exercises.bank import Bank
from poselab.datasets.lifting import NormalisedPoses


@dataclass(frozen=True)
class _Batch:
    """What is known of one batch in the end."""

    loss: float
    error: float
    size: int


@dataclass
class _Loop:
    """The loop, whose steps can be replaced."""

    data: NormalisedPoses
    model: nn.Module
    optimiser: Optimizer
    scheduler: LRScheduler
    batch_size: int
    split: str
    epoch_no: int
    measured: list[_Batch] = field(default_factory=list)

    @property
    def is_training(self) -> bool:
        """Whether this is the split to train on."""
        return self.split == "train"

    def batches(self) -> list[Tensor]:
        """The indices of each batch."""
        n = len(self.data)
        order = torch.randperm(n) if self.is_training else torch.arange(n)
        return list(order.split(self.batch_size))

    def set_mode(self) -> None:
        """Before the loop."""
        self.model.train(self.is_training)

    def restore_mode(self, before: bool) -> None:
        """After the loop."""
        if not self.is_training:
            self.model.train(before)

    def gradients(self) -> Any:
        """The context of the loop."""
        return torch.set_grad_enabled(self.is_training)

    def loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """What is descended and told."""
        return mse_loss(predicted, target)

    def told_loss(self, predicted: Tensor, target: Tensor, loss: Tensor) -> float:
        """What is told."""
        return loss.item()

    def error(self, predicted: Tensor, target: Tensor) -> float:
        """The batch's MPJPE."""
        restore = self.data.statistics_3d.restore
        return _mpjpe(restore(predicted), restore(target))

    def step(self, loss: Tensor) -> None:
        """One step of the optimiser."""
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def begin(self) -> None:
        """Before the first batch."""

    def end_batch(self) -> None:
        """After each batch's step."""

    def end(self) -> None:
        """After the last batch."""
        if self.is_training:
            self.scheduler.step()

    def measure(self, batch: Any, predicted: Tensor, loss: Tensor) -> _Batch:
        """After the step."""
        target = batch["joint_3d"]
        predicted = predicted.detach()
        told = self.told_loss(predicted, target, loss)
        return _Batch(told, self.error(predicted, target), len(target))

    def results(self) -> Any:
        """What is returned."""
        n = len(self.data)
        loss = sum(batch.loss * batch.size for batch in self.measured)
        error = sum(batch.error * batch.size for batch in self.measured)
        return loss / n, error / n

    def run(self) -> Any:
        """All of it."""
        before = self.model.training
        self.set_mode()
        with self.gradients():
            self.begin()
            for indices in self.batches():
                batch = self.data.batch(indices)
                predicted = self.model(batch["joint_2d"])
                loss = self.loss(predicted, batch["joint_3d"])
                if self.is_training:
                    self.step(loss)
                    self.end_batch()
                self.measured.append(self.measure(batch, predicted, loss))
            self.end()
        self.restore_mode(before)
        return self.results()


def _mpjpe(one: Tensor, other: Tensor) -> float:
    return (one - other).unflatten(1, (-1, 3)).norm(dim=-1).mean().item()


def _function(loop: type[_Loop]) -> Any:
    """The loop as the function that was asked for."""

    def run_epoch(
        epoch_no: int,
        data: NormalisedPoses,
        model: nn.Module,
        optimiser: Optimizer,
        scheduler: LRScheduler,
        batch_size: int = 64,
        split: str = "train",
    ) -> Any:
        return loop(data, model, optimiser, scheduler, batch_size, split, epoch_no).run()

    run_epoch.__name__, run_epoch.__doc__ = loop.__name__, loop.__doc__
    return run_epoch


class _EpochBank(Bank):
    """A bank of loops: what is entered is the function that runs one."""

    def mistake(self, sentence: str, **options: Any) -> Any:
        """Enter a loop."""
        enter = super().mistake(sentence, **options)

        def enter_loop(loop: type[_Loop]) -> type[_Loop]:
            enter(_function(loop))
            return loop

        return enter_loop

    def another(self, diagnosed_as: str) -> Any:
        """Enter one more loop that makes a mistake."""
        enter = super().another(diagnosed_as)

        def enter_loop(loop: type[_Loop]) -> type[_Loop]:
            enter(_function(loop))
            return loop

        return enter_loop


BANK = _EpochBank()


# Mistakes in what is returned.


@BANK.mistake(
    "The loss as a tensor keeps the graph of its whole batch, and the caller wants a number: "
    "`loss.item()`.",
    fails="shape",
)
class tensors_returned(_Loop):
    """Tensors instead of floats."""

    def results(self) -> Any:
        """As tensors."""
        return tuple(torch.tensor(value) for value in super().results())


@BANK.mistake("Return two numbers, the loss and the MPJPE: `return loss, mpjpe`.", fails="shape")
class no_pair(_Loop):
    """The loss alone."""

    def results(self) -> Any:
        """One of the two."""
        return super().results()[0]


@BANK.another("no_pair")
class nothing_returned(_Loop):
    """No return."""

    def results(self) -> Any:
        """None."""


# Mistakes in the two numbers.


@BANK.mistake("The two numbers are in the wrong order: the loss comes first, then the MPJPE.")
class results_swapped(_Loop):
    """(MPJPE, loss)."""

    def results(self) -> Any:
        """The other way round."""
        return super().results()[::-1]


@BANK.mistake(
    "The batches' means are averaged, so that each pose of a small last batch counts for more. "
    "Weight each batch's mean with its number of poses."
)
class mean_of_batch_means(_Loop):
    """sum of means / number of batches."""

    def results(self) -> Any:
        """Each batch counts alike."""
        n = len(self.measured)
        return sum(b.loss for b in self.measured) / n, sum(b.error for b in self.measured) / n


@BANK.another("mean_of_batch_means")
class mean_of_batch_errors(_Loop):
    """The loss is right, the MPJPE is a mean of means."""

    def results(self) -> Any:
        """Each batch's MPJPE counts alike."""
        n = len(self.measured)
        return super().results()[0], sum(b.error for b in self.measured) / n


@BANK.mistake("The numbers are those of the last batch. Average over all of them.")
class last_batch_alone(_Loop):
    """loss.item() after the loop."""

    def results(self) -> Any:
        """The last ones."""
        return self.measured[-1].loss, self.measured[-1].error


@BANK.mistake(
    "The batches' means are added up and not divided by anything. Return means over all poses."
)
class summed_over_batches(_Loop):
    """sum of means."""

    def results(self) -> Any:
        """Sums."""
        return sum(b.loss for b in self.measured), sum(b.error for b in self.measured)


@BANK.mistake("The sum over all poses is not divided by their number.")
class summed_over_poses(_Loop):
    """sum over poses."""

    def results(self) -> Any:
        """Sums."""
        return tuple(value * len(self.data) for value in super().results())


@BANK.mistake(
    "The sum of the batches' means is divided by the batch size. Divide the sum over all poses by "
    "the number of poses."
)
class divided_by_the_batch_size(_Loop):
    """sum of means / batch size."""

    def results(self) -> Any:
        """Two counts mixed up."""
        n = self.batch_size
        return sum(b.loss for b in self.measured) / n, sum(b.error for b in self.measured) / n


@BANK.mistake(
    "The MPJPE is that of the normalised coordinates, which have no unit. Restore predictions and "
    "targets first."
)
class error_of_normalised_poses(_Loop):
    """Nothing is restored."""

    def error(self, predicted: Tensor, target: Tensor) -> float:
        """In standard deviations."""
        return _mpjpe(predicted, target)


@BANK.mistake(
    "Restored predictions are compared with normalised targets. Restore both before you compare "
    "them."
)
class only_one_side_restored(_Loop):
    """restore(predicted) against target."""

    def error(self, predicted: Tensor, target: Tensor) -> float:
        """Two units."""
        return _mpjpe(self.data.statistics_3d.restore(predicted), target)


@BANK.mistake(
    "The loss is that of the restored poses. It is the mean squared difference of the *normalised* "
    "coordinates, each of which counts alike."
)
class loss_of_restored_poses(_Loop):
    """The loss that is told, in the square of the poses' unit."""

    def told_loss(self, predicted: Tensor, target: Tensor, loss: Tensor) -> float:
        """Restored."""
        restore = self.data.statistics_3d.restore
        return mse_loss(restore(predicted), restore(target)).item()


@BANK.mistake("The loss is the mean absolute difference. It is the mean *squared* difference.")
class absolute_error_as_loss(_Loop):
    """The loss that is told, by l1_loss."""

    def told_loss(self, predicted: Tensor, target: Tensor, loss: Tensor) -> float:
        """L1."""
        return l1_loss(predicted, target).item()


@BANK.mistake(
    "The second number is the root of the loss. The MPJPE is a mean of distances, in the poses' "
    "unit: `cal_mpjpe`."
)
class root_of_the_loss(_Loop):
    """RMSE of normalised coordinates."""

    def results(self) -> Any:
        """No MPJPE at all."""
        loss, _ = super().results()
        return loss, loss**0.5


# Mistakes in training.


@BANK.mistake(
    "The last, smaller batch is left out. Its poses count as all others do.",
    fails="training",
    fails_too=("validation",),
)
class last_batch_dropped(_Loop):
    """drop_last."""

    def batches(self) -> list[Tensor]:
        """Full ones only."""
        return [batch for batch in super().batches() if len(batch) == self.batch_size]

    def results(self) -> Any:
        """Means over what was seen."""
        share = sum(batch.size for batch in self.measured) / len(self.data)
        return tuple(value / share if share else 0.0 for value in super().results())


@BANK.another("last_batch_dropped")
class last_batch_dropped_and_counted(_Loop):
    """drop_last, and divided by the number of all poses."""

    def batches(self) -> list[Tensor]:
        """Full ones only."""
        return [batch for batch in super().batches() if len(batch) == self.batch_size]


@BANK.mistake(
    "The poses are not shuffled. In training their order is random, another one in each epoch.",
    fails="training",
)
class not_shuffled(_Loop):
    """arange."""

    def batches(self) -> list[Tensor]:
        """In order."""
        return list(torch.arange(len(self.data)).split(self.batch_size))


@BANK.mistake(
    "The order of the batches, or that within each, is random, but the batches hold the same poses "
    "in each epoch. Shuffle all poses before you cut them into batches.",
    fails="training",
)
class batches_always_the_same(_Loop):
    """Batches in random order."""

    def batches(self) -> list[Tensor]:
        """Cut first, shuffled then."""
        cut = torch.arange(len(self.data)).split(self.batch_size)
        return [cut[i] for i in torch.randperm(len(cut))] if self.is_training else list(cut)


@BANK.another("batches_always_the_same")
class shuffled_within_batches(_Loop):
    """Random order within each batch."""

    def batches(self) -> list[Tensor]:
        """Cut first, shuffled then."""
        cut = torch.arange(len(self.data)).split(self.batch_size)
        return [batch[torch.randperm(len(batch))] for batch in cut]


@BANK.mistake(
    "The order is random, but the same in each epoch: a generator is seeded anew each time. Draw "
    "from PyTorch's random numbers without seeding them.",
    fails="training",
)
class same_order_in_every_epoch(_Loop):
    """manual_seed(0)."""

    def batches(self) -> list[Tensor]:
        """Seeded."""
        generator = torch.Generator().manual_seed(0)
        return list(torch.randperm(len(self.data), generator=generator).split(self.batch_size))


@BANK.mistake(
    "The poses of a batch are drawn at random from all poses, so that some are used several times "
    "and others never. Use each exactly once: `torch.randperm`.",
    fails="training",
)
class drawn_with_replacement(_Loop):
    """randint."""

    def batches(self) -> list[Tensor]:
        """Independent draws."""
        cut = super().batches()
        n = len(self.data)
        return [torch.randint(n, batch.shape) for batch in cut] if self.is_training else cut


@BANK.mistake(
    "`batch_size` has no effect: the size of the batches is written in, or all poses are one "
    "batch.",
    fails="training",
)
class batch_size_ignored(_Loop):
    """All poses are one batch."""

    def batches(self) -> list[Tensor]:
        """One batch."""
        return [torch.cat(super().batches())]


@BANK.another("batch_size_ignored")
class batch_size_written_in(_Loop):
    """Always 5."""

    def batches(self) -> list[Tensor]:
        """Small batches."""
        return list(torch.cat(super().batches()).split(5))


@BANK.mistake(
    "The model is not put into training mode. It may come in evaluation mode, in which dropout is "
    "off and the normalisation does not learn: `model.train()`.",
    fails="training",
)
class training_mode_not_set(_Loop):
    """No model.train()."""

    def set_mode(self) -> None:
        """Only eval."""
        if not self.is_training:
            self.model.eval()


@BANK.mistake(
    "A new optimiser is made in each epoch. It knows nothing of earlier steps, and the scheduler "
    "moves the rate of another one. Use the one that you are given.",
    fails="training",
)
class optimiser_rebuilt(_Loop):
    """A new SGD."""

    def begin(self) -> None:
        """Another optimiser."""
        self.optimiser = SGD(self.model.parameters(), lr=0.01)


@BANK.mistake(
    "The optimiser makes no step, so the model never changes: `optimiser.step()` after the "
    "backward pass.",
    fails="training",
)
class optimiser_never_steps(_Loop):
    """No step."""

    def step(self, loss: Tensor) -> None:
        """Backward alone."""
        self.optimiser.zero_grad()
        loss.backward()


@BANK.another("optimiser_never_steps")
class no_backward(_Loop):
    """Neither backward nor step."""

    def step(self, loss: Tensor) -> None:
        """Nothing."""


@BANK.mistake(
    "The optimiser makes one step in the whole epoch. Each batch makes one.", fails="training"
)
class one_step_for_all(_Loop):
    """Gradients of all batches, one step."""

    def step(self, loss: Tensor) -> None:
        """Backward alone."""
        loss.backward()

    def end(self) -> None:
        """One step."""
        if self.is_training:
            self.optimiser.step()
        super().end()


@BANK.mistake(
    "Gradients are not cleared, so each step follows those of all batches so far. "
    "`optimiser.zero_grad()` before each backward pass.",
    fails="training",
)
class gradients_accumulate(_Loop):
    """No zero_grad."""

    def step(self, loss: Tensor) -> None:
        """Added to what is there."""
        loss.backward()
        self.optimiser.step()


@BANK.another("gradients_accumulate")
class cleared_once(gradients_accumulate):
    """zero_grad before the loop."""

    def begin(self) -> None:
        """Cleared once."""
        if self.is_training:
            self.optimiser.zero_grad()


@BANK.mistake(
    "The gradient is that of the summed squared difference, which is larger the more poses and "
    "coordinates there are. The loss is the mean.",
    fails="training",
)
class step_of_the_summed_loss(_Loop):
    """reduction="sum", and the mean is told."""

    def loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Summed."""
        return mse_loss(predicted, target, reduction="sum")

    def told_loss(self, predicted: Tensor, target: Tensor, loss: Tensor) -> float:
        """The mean."""
        return loss.item() / target.numel()


@BANK.mistake(
    "The gradient is that of the mean absolute difference. The loss is the mean *squared* one.",
    fails="training",
)
class step_of_the_absolute_error(_Loop):
    """l1_loss, and the squared one is told."""

    def loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """L1."""
        return l1_loss(predicted, target)

    def told_loss(self, predicted: Tensor, target: Tensor, loss: Tensor) -> float:
        """L2."""
        return mse_loss(predicted, target).item()


@BANK.mistake(
    "The gradient is that of the restored poses, in which some coordinates count for more. The "
    "loss compares the normalised ones.",
    fails="training",
)
class step_of_restored_poses(_Loop):
    """mse_loss of restored poses; that of normalised ones is told."""

    def loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Restored."""
        restore = self.data.statistics_3d.restore
        return mse_loss(restore(predicted), restore(target))

    def told_loss(self, predicted: Tensor, target: Tensor, loss: Tensor) -> float:
        """Normalised."""
        return mse_loss(predicted, target).item()


@BANK.mistake(
    "The scheduler makes no step, so the learning rate never changes. One step at the end of a "
    "training epoch.",
    fails="training",
)
class scheduler_never_steps(_Loop):
    """No scheduler.step()."""

    def end(self) -> None:
        """Nothing."""


@BANK.mistake(
    "The scheduler makes a step for each batch. It counts epochs: one step, behind the loop.",
    fails="training",
)
class scheduler_steps_for_each_batch(_Loop):
    """scheduler.step() in the loop."""

    def end_batch(self) -> None:
        """In the loop."""
        self.scheduler.step()

    def end(self) -> None:
        """Nothing."""


@BANK.mistake(
    "The scheduler makes its step before the optimiser has made its own, so the first epoch "
    "already runs with the second one's rate. It comes last.",
    fails="training",
)
class scheduler_steps_too_early(_Loop):
    """scheduler.step() before the loop."""

    def begin(self) -> None:
        """Before the loop."""
        if self.is_training:
            self.scheduler.step()

    def end(self) -> None:
        """Nothing."""


@BANK.mistake(
    "`scheduler.step` is given the epoch's number, or the error. It takes no argument: it counts "
    "by itself.",
    fails="training",
)
class scheduler_given_an_argument(_Loop):
    """scheduler.step(epoch_no)."""

    def end(self) -> None:
        """With the epoch."""
        if self.is_training:
            self.scheduler.step(self.epoch_no)


@BANK.mistake(
    "The numbers are measured after the steps, with a model that has changed meanwhile. Use the "
    "prediction that the step is made from.",
    fails="training",
)
class measured_after_the_step(_Loop):
    """A second prediction after each step."""

    def measure(self, batch: Any, predicted: Tensor, loss: Tensor) -> _Batch:
        """Predict again."""
        if not self.is_training:
            return super().measure(batch, predicted, loss)
        with torch.no_grad():
            again = self.model(batch["joint_2d"])
        return super().measure(batch, again, mse_loss(again, batch["joint_3d"]))


@BANK.another("measured_after_the_step")
class measured_after_the_epoch(_Loop):
    """All poses again, in evaluation mode, in the end."""

    def results(self) -> Any:
        """As for another split."""
        if not self.is_training:
            return super().results()
        again = replace(self, split="measure", measured=[])
        return _Loop.run(again)


# Mistakes in measuring.


@BANK.mistake(
    'The model is trained whatever the split. Only `split="train"` trains; any other changes '
    "nothing.",
    fails="validation",
)
class trains_on_any_split(_Loop):
    """The split is not looked at."""

    @property
    def is_training(self) -> bool:
        """Always."""
        return True


@BANK.another("trains_on_any_split")
class validation_alone_is_measured(_Loop):
    """if split == "validation"."""

    @property
    def is_training(self) -> bool:
        """Whatever is not called validation."""
        return self.split != "validation"


@BANK.another("trains_on_any_split")
class test_alone_is_measured(_Loop):
    """if split == "test"."""

    @property
    def is_training(self) -> bool:
        """Whatever is not called test."""
        return self.split != "test"


@BANK.mistake(
    "The scheduler makes a step when nothing is trained, too: the learning rate would fall twice "
    'as fast. It steps with `split="train"` only.',
    fails="validation",
)
class scheduler_steps_in_validation(_Loop):
    """scheduler.step() after every loop."""

    def end(self) -> None:
        """Always."""
        self.scheduler.step()


@BANK.mistake(
    "The model measures in training mode, if that is the mode it comes in: with dropout, and with "
    "the batch's own statistics. `model.eval()` first.",
    fails="validation",
)
class evaluation_mode_not_set(_Loop):
    """No model.eval()."""

    def set_mode(self) -> None:
        """Only train."""
        if self.is_training:
            self.model.train()


@BANK.another("evaluation_mode_not_set")
class always_in_training_mode(_Loop):
    """model.train() whatever the split."""

    def set_mode(self) -> None:
        """Always."""
        self.model.train()


@BANK.mistake(
    "Gradients are recorded while nothing is trained, which takes memory and time: "
    "`torch.no_grad()`.",
    fails="validation",
)
class gradients_recorded(_Loop):
    """No no_grad."""

    def gradients(self) -> Any:
        """Always on."""
        return contextlib.nullcontext()


@BANK.mistake(
    "The model stays in evaluation mode after measuring. Restore the mode that it had.",
    fails="validation",
)
class left_in_evaluation_mode(_Loop):
    """eval() and nothing more."""

    def restore_mode(self, before: bool) -> None:
        """Nothing."""


@BANK.mistake(
    "The model is in training mode after measuring, although it was in evaluation mode before. "
    "Restore the mode that it had.",
    fails="validation",
)
class left_in_training_mode(_Loop):
    """train() in the end."""

    def restore_mode(self, before: bool) -> None:
        """Always training."""
        self.model.train()


@BANK.mistake(
    "Only the model's own flag is restored, so its layers stay in evaluation mode. "
    "`model.train(mode)` sets all of them.",
    fails="validation",
)
class parts_left_in_another_mode(_Loop):
    """model.training = mode."""

    def restore_mode(self, before: bool) -> None:
        """One flag of many."""
        if not self.is_training:
            self.model.training = before


@BANK.mistake(
    "Gradients are switched off for the whole program and not on again. Use `torch.no_grad()` as "
    "a context, `with torch.no_grad():`.",
    fails="validation",
)
class gradients_left_off(_Loop):
    """set_grad_enabled as a call."""

    def gradients(self) -> Any:
        """Not as a context."""
        torch._C._set_grad_enabled(self.is_training)
        return contextlib.nullcontext()


@BANK.mistake(
    "The optimiser or the scheduler is used while measuring. Neither is needed there, and your "
    "caller may pass `None` for it.",
    fails="validation",
)
class optimiser_used_while_measuring(_Loop):
    """zero_grad() for any split."""

    def begin(self) -> None:
        """Before the first batch."""
        self.optimiser.zero_grad()

"""Wrong answers to `training_step`. Each changes one part of the same step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import SGD, Optimizer

from autograder.exercises.bank import Bank
from poselab.datasets import DeviceDict

Loss = Callable[[Tensor, Tensor], Tensor]


class _Step:
    """The step, whose parts can be replaced."""

    def __init__(
        self, model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
    ) -> None:
        self.model, self.batch = model, batch
        self.loss_function, self.optimiser = loss_function, optimiser

    def set_mode(self) -> None:
        """Before the prediction."""
        self.model.train()

    def predict(self) -> Tensor:
        """What the step is made from."""
        predicted: Tensor = self.model(self.batch["frames"])
        return predicted

    def compare(self, predicted: Tensor) -> Tensor:
        """The loss."""
        return self.loss_function(predicted, self.batch["pose"])

    def move(self, loss: Tensor) -> None:
        """From the loss to new weights."""
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def end(self, predicted: Tensor) -> None:
        """After the step."""

    def result(self, loss: Tensor) -> Any:
        """What is returned."""
        return loss.item()

    def run(self) -> Any:
        """All of it."""
        self.set_mode()
        predicted = self.predict()
        loss = self.compare(predicted)
        self.move(loss)
        self.end(predicted)
        return self.result(loss)


def _function(step: type[_Step]) -> Any:
    """The step as the function that was asked for."""

    def training_step(
        model: nn.Module, batch: DeviceDict, loss_function: Loss, optimiser: Optimizer
    ) -> Any:
        return step(model, batch, loss_function, optimiser).run()

    training_step.__name__, training_step.__doc__ = step.__name__, step.__doc__
    return training_step


class _StepBank(Bank):
    """A bank of steps: what is entered is the function that makes one."""

    def mistake(self, sentence: str, **options: Any) -> Any:
        """Enter a step."""
        enter = super().mistake(sentence, **options)

        def enter_step(step: type[_Step]) -> type[_Step]:
            enter(_function(step))
            return step

        return enter_step

    def another(self, diagnosed_as: str) -> Any:
        """Enter one more step that makes a mistake."""
        enter = super().another(diagnosed_as)

        def enter_step(step: type[_Step]) -> type[_Step]:
            enter(_function(step))
            return step

        return enter_step


BANK = _StepBank()


# Mistakes in the step itself.


@BANK.mistake(
    "Gradients that arrive after the step move nothing now, and something wrong in the next call. "
    "`backward()` comes first, then `optimiser.step()`.",
    fails="step",
)
class step_before_backward(_Step):
    """zero_grad, step, backward."""

    def move(self, loss: Tensor) -> None:
        """In this order."""
        self.optimiser.zero_grad()
        self.optimiser.step()
        loss.backward()


@BANK.another("step_before_backward")
class step_then_cleared_then_backward(_Step):
    """step, zero_grad, backward."""

    def move(self, loss: Tensor) -> None:
        """In this order."""
        self.optimiser.step()
        self.optimiser.zero_grad()
        loss.backward()


@BANK.another("step_before_backward")
class step_before_all_else(_Step):
    """The step of the call before, first of all."""

    def set_mode(self) -> None:
        """The step comes first."""
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.model.train()

    def move(self, loss: Tensor) -> None:
        """Backward alone."""
        loss.backward()


@BANK.mistake(
    "They were cleared after `backward()` had computed them, so nothing moves. Clear the gradients "
    "before you go backward.",
    fails="step",
)
class cleared_before_the_step(_Step):
    """backward, zero_grad, step."""

    def move(self, loss: Tensor) -> None:
        """In this order."""
        loss.backward()
        self.optimiser.zero_grad()
        self.optimiser.step()


@BANK.another("cleared_before_the_step")
class set_to_zero_before_the_step(_Step):
    """The same by the model, with zeros."""

    def move(self, loss: Tensor) -> None:
        """In this order."""
        loss.backward()
        self.model.zero_grad(set_to_none=False)
        self.optimiser.step()


@BANK.mistake(
    "Call `backward()` on what `loss_function` has returned. Without it, or on a number that was "
    "made of it, there is no gradient, and a step without gradients moves nothing.",
    fails="step",
)
class no_backward(_Step):
    """zero_grad and step."""

    def move(self, loss: Tensor) -> None:
        """No gradients."""
        self.optimiser.zero_grad()
        self.optimiser.step()


@BANK.another("no_backward")
class backward_from_a_number(_Step):
    """A new tensor with the loss's value."""

    def move(self, loss: Tensor) -> None:
        """A leaf of its own."""
        super().move(torch.tensor(loss.item(), requires_grad=True))


@BANK.mistake(
    "The prediction was cut from its graph, by `no_grad` or `detach`, so the loss does not know "
    "how it depends on the weights. `requires_grad = True` only silences the error.",
    fails="step",
)
class prediction_cut_off(_Step):
    """Predicted under no_grad, and the loss told to require gradients."""

    def predict(self) -> Tensor:
        """Without a graph."""
        with torch.no_grad():
            return super().predict()

    def compare(self, predicted: Tensor) -> Tensor:
        """As if it had one."""
        return super().compare(predicted).requires_grad_()


@BANK.another("prediction_cut_off")
class prediction_detached(_Step):
    """Predicted with a graph, and detached."""

    def compare(self, predicted: Tensor) -> Tensor:
        """Cut off."""
        return super().compare(predicted.detach()).requires_grad_()


@BANK.another("prediction_cut_off")
class compared_in_numpy(_Step):
    """The prediction takes a way through NumPy."""

    def compare(self, predicted: Tensor) -> Tensor:
        """Out and in again."""
        again = torch.from_numpy(predicted.detach().numpy().copy())
        return super().compare(again).requires_grad_()


@BANK.mistake(
    "The weights never change: `optimiser.step()` moves them, after the backward pass.",
    fails="step",
)
class optimiser_never_steps(_Step):
    """No step."""

    def move(self, loss: Tensor) -> None:
        """Backward alone."""
        self.optimiser.zero_grad()
        loss.backward()


@BANK.another("optimiser_never_steps")
class measures_only(_Step):
    """Neither backward nor step."""

    def move(self, loss: Tensor) -> None:
        """Nothing."""


@BANK.mistake(
    "Moving weights is the optimiser's work: it knows the learning rate of each, and what earlier "
    "steps were like. Call `optimiser.step()`.",
    fails="step",
)
class moved_by_hand(_Step):
    """weight -= rate * gradient."""

    def move(self, loss: Tensor) -> None:
        """Plain gradient descent."""
        self.model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weight in self.model.parameters():
                assert weight.grad is not None
                weight.sub_(1e-4 * weight.grad)


@BANK.mistake(
    "One call makes one step. The loop around it calls it once for each batch.", fails="step"
)
class several_steps(_Step):
    """The same step twice."""

    def move(self, loss: Tensor) -> None:
        """Twice."""
        super().move(loss)
        self.optimiser.step()


@BANK.another("several_steps")
class learns_the_batch_by_heart(_Step):
    """Ten rounds on one batch."""

    def run(self) -> Any:
        """Again and again."""
        for _ in range(10):
            told = super().run()
        return told


@BANK.mistake(
    "A new optimiser knows nothing of earlier steps, and the learning rate that is scheduled is "
    "that of the one you are given. Use that one.",
    fails="step",
)
class optimiser_rebuilt(_Step):
    """A new SGD."""

    def move(self, loss: Tensor) -> None:
        """Another optimiser."""
        self.optimiser = SGD(self.model.parameters(), lr=1e-4)
        super().move(loss)


@BANK.mistake(
    "The caller decides which loss is minimised: compute it with the `loss_function` that is "
    "handed over.",
    fails="step",
)
class loss_function_ignored(_Step):
    """l1_loss, written in."""

    def compare(self, predicted: Tensor) -> Tensor:
        """Always the same."""
        return l1_loss(predicted, self.batch["pose"])


@BANK.mistake(
    'The model takes raw frames and normalises them itself. Hand over `batch["frames"]` as they '
    "are, without another dtype or scale.",
    fails="step",
)
class frames_changed(_Step):
    """frames.float() / 255."""

    def predict(self) -> Tensor:
        """Normalised twice."""
        predicted: Tensor = self.model(self.batch["frames"].float() / 255)
        return predicted


@BANK.mistake(
    "All gradients have one length, or are cut off at one value: they were clipped. The loop does "
    "that, inside `optimiser.step()`; your step takes them as they are.",
    fails="step",
)
class gradients_clipped(_Step):
    """clip_grad_norm_."""

    def move(self, loss: Tensor) -> None:
        """To length 1."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()


@BANK.another("gradients_clipped")
class gradients_clipped_to_five(_Step):
    """clip_grad_norm_, as the loop has it."""

    def move(self, loss: Tensor) -> None:
        """To length 5."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()


@BANK.another("gradients_clipped")
class gradients_cut_off(_Step):
    """clip_grad_value_."""

    def move(self, loss: Tensor) -> None:
        """At 0.5."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(self.model.parameters(), 0.5)
        self.optimiser.step()


@BANK.mistake(
    "The gradient is as many times too long as the batch has clips. The loss is a mean already: "
    "go backward from it as it is.",
    fails="step",
)
class loss_summed(_Step):
    """(loss * clips).backward()."""

    def move(self, loss: Tensor) -> None:
        """Times the number of clips."""
        super().move(loss * len(self.batch["frames"]))


@BANK.mistake(
    "The gradient is as many times too short as the batch has clips. The loss is a mean already: "
    "do not divide it again.",
    fails="step",
)
class loss_divided(_Step):
    """(loss / clips).backward()."""

    def move(self, loss: Tensor) -> None:
        """By the number of clips."""
        super().move(loss / len(self.batch["frames"]))


@BANK.mistake(
    "`backward()` was called twice, and gradients add up: the step is twice as long as it should "
    "be. Call it once.",
    fails="step",
)
class backward_twice(_Step):
    """retain_graph, and once more."""

    def move(self, loss: Tensor) -> None:
        """Twice."""
        self.optimiser.zero_grad()
        loss.backward(retain_graph=True)
        loss.backward()
        self.optimiser.step()


@BANK.mistake(
    "The learning rate is the schedule's, which your caller moves after each step. Leave it alone.",
    fails="step",
)
class learning_rate_changed(_Step):
    """The rate decays in each step."""

    def end(self, predicted: Tensor) -> None:
        """A schedule of one's own."""
        for group in self.optimiser.param_groups:
            group["lr"] *= 0.99


@BANK.another("learning_rate_changed")
class learning_rate_set(_Step):
    """The rate is written in."""

    def set_mode(self) -> None:
        """Before the step."""
        super().set_mode()
        for group in self.optimiser.param_groups:
            group["lr"] = 1e-3


# Mistakes in what is returned.


@BANK.mistake(
    "A tensor keeps its graph, or at least its device, for as long as anybody keeps it, and a list "
    "of losses keeps thousands. Return the number in it: `loss.item()`.",
    fails="loss",
)
class tensor_returned(_Step):
    """return loss."""

    def result(self, loss: Tensor) -> Any:
        """With its graph."""
        return loss


@BANK.another("tensor_returned")
class detached_tensor_returned(_Step):
    """return loss.detach()."""

    def result(self, loss: Tensor) -> Any:
        """Without its graph."""
        return loss.detach()


@BANK.mistake("Your caller draws the loss: `return` it.", fails="loss")
class nothing_returned(_Step):
    """No return."""

    def result(self, loss: Tensor) -> Any:
        """Nothing."""


@BANK.mistake(
    "That is the loss after the step. Return the one that the step was made from, which you have "
    "already.",
    fails="loss",
)
class loss_after_the_step(_Step):
    """Predict again."""

    def result(self, loss: Tensor) -> Any:
        """With the new weights."""
        with torch.no_grad():
            return self.compare(self.predict()).item()


@BANK.another("loss_after_the_step")
class loss_in_evaluation_mode(_Step):
    """Predict again, in evaluation mode."""

    def result(self, loss: Tensor) -> Any:
        """With the new weights, and the running statistics."""
        self.model.eval()
        with torch.no_grad():
            return self.compare(self.predict()).item()


@BANK.mistake(
    "That is the loss with prediction and truth exchanged. The prediction comes first: "
    "`loss_function(predicted, target)`.",
    fails="loss",
)
class target_first(_Step):
    """loss_function(target, predicted)."""

    def compare(self, predicted: Tensor) -> Tensor:
        """The other way round."""
        return self.loss_function(self.batch["pose"], predicted)


@BANK.mistake(
    "That is the loss times the number of clips. Return the mean itself: who averages over batches "
    "weights it.",
    fails="loss",
)
class loss_times_the_clips(_Step):
    """loss.item() * len(frames)."""

    def result(self, loss: Tensor) -> Any:
        """A sum over clips."""
        return loss.item() * len(self.batch["frames"])


@BANK.mistake(
    "That is the loss divided by the number of clips. It is a mean already: return it as it is.",
    fails="loss",
)
class loss_divided_by_the_clips(_Step):
    """loss.item() / len(frames)."""

    def result(self, loss: Tensor) -> Any:
        """Divided twice."""
        return loss.item() / len(self.batch["frames"])


# Mistakes with gradients that are there already.


@BANK.mistake(
    "They are never cleared, so each step follows the gradients of all batches so far. Clear them "
    "before `backward()`, in each call.",
    fails="gradients",
)
class gradients_pile_up(_Step):
    """No zero_grad."""

    def move(self, loss: Tensor) -> None:
        """Added to what is there."""
        loss.backward()
        self.optimiser.step()


@BANK.mistake(
    "You clear them after the step, which is too late for those that your caller has left before "
    "the first one. Clear them before `backward()`; you may do so again after the step.",
    fails="gradients",
)
class cleared_after_the_step_alone(_Step):
    """backward, step, zero_grad."""

    def move(self, loss: Tensor) -> None:
        """In this order."""
        loss.backward()
        self.optimiser.step()
        self.optimiser.zero_grad()


# Mistakes with the mode.


@BANK.mistake(
    "Dropout is off and batch normalisation does not learn in that mode, in which whoever measured "
    "the model may have left it. Call `model.train()` before it predicts.",
    fails="mode",
)
class training_mode_not_set(_Step):
    """No model.train()."""

    def set_mode(self) -> None:
        """Nothing."""


@BANK.another("training_mode_not_set")
class training_mode_set_too_late(_Step):
    """model.train() after the prediction."""

    def set_mode(self) -> None:
        """Nothing yet."""

    def move(self, loss: Tensor) -> None:
        """Only now."""
        self.model.train()
        super().move(loss)

    def end(self, predicted: Tensor) -> None:
        """As it is left by others."""
        self.model.eval()


@BANK.mistake(
    "Evaluation mode is for measuring. In a step, dropout and batch normalisation have to work as "
    "they do in training: `model.train()`.",
    fails="mode",
)
class evaluation_mode_set(_Step):
    """model.eval()."""

    def set_mode(self) -> None:
        """The wrong mode."""
        self.model.eval()


@BANK.mistake(
    "`model.training = True` sets the flag of the model alone, and none of its layers'. "
    "`model.train()` sets all.",
    fails="mode",
)
class layers_left_in_evaluation_mode(_Step):
    """model.training = True."""

    def set_mode(self) -> None:
        """One flag of many."""
        self.model.training = True


# Mistakes with the batch.


@BANK.mistake(
    "Your caller may need the batch again. Compute with new tensors, and assign nothing to its "
    "entries.",
    fails="arguments",
)
class batch_overwritten(_Step):
    """The poses are changed in place."""

    def end(self, predicted: Tensor) -> None:
        """Errors in place of poses."""
        self.batch["pose"] -= predicted.detach()


@BANK.another("batch_overwritten")
class prediction_put_into_the_batch(_Step):
    """A new entry."""

    def end(self, predicted: Tensor) -> None:
        """Beside the others."""
        self.batch["predicted"] = predicted


@BANK.another("batch_overwritten")
class frames_replaced(_Step):
    """The frames are replaced by floats, after the prediction."""

    def end(self, predicted: Tensor) -> None:
        """Another dtype."""
        self.batch["frames"] = self.batch["frames"].float()


@BANK.another("batch_overwritten")
class batch_emptied(_Step):
    """pop."""

    def end(self, predicted: Tensor) -> None:
        """One entry less."""
        self.batch.pop("pose")

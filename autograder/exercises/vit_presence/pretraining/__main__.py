"""``make weights``: pretrain the small vision transformer, and store its weights in the package."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file

from autograder.exercises.vit_presence.pretraining.recipe import Method, Recipe
from autograder.exercises.vit_presence.pretraining.train import pretrain
from autograder.manifest import COURSE_ROOT
from poselab.files import replacing
from poselab.networks.pretrained import SMALL

WEIGHTS = COURSE_ROOT / "poselab" / "networks" / "weights"


def main(
    folder: Annotated[Path, typer.Option(help="Where the weights are written.")] = WEIGHTS,
    method: Annotated[Method, typer.Option(help="What the encoder learns.")] = Recipe.method,
    steps: Annotated[int, typer.Option(min=1, help="Of the optimiser.")] = Recipe.steps,
    threads: Annotated[int, typer.Option(min=1, help="Threads of PyTorch.")] = 1,
) -> None:
    """Pretrain the encoder and write its weights; a run that was stopped goes on where it was."""
    torch.set_num_threads(threads)
    recipe = Recipe(method=method, steps=steps)
    root = Path(os.environ.get("POSELAB_DATA") or Path.home() / ".cache" / "poselab")
    encoder = pretrain(recipe, root / f"pretraining-{recipe.digest}.pt")
    weights = {name: values.half().contiguous() for name, values in encoder.state_dict().items()}
    written = {**asdict(recipe), "digest": recipe.digest}
    with replacing(folder / f"{SMALL}.safetensors") as unfinished:
        save_file(weights, unfinished, {"digest": recipe.digest})
    with replacing(folder / f"{SMALL}.json") as unfinished:
        unfinished.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    typer.echo(f"wrote {folder / SMALL}.safetensors, recipe {recipe.digest}")


if __name__ == "__main__":
    typer.run(main)

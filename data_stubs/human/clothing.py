"""What a person wears: the colours and patterns of every part of the body."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from data_stubs.human.flesh import PARTS
from data_stubs.rows import Rows


@dataclass(frozen=True)
class Surfaces(Rows):
    """How each part of each person looks; colours are linear RGB in 0..1.

    Args:
        colour: the main colour (the cloth of a sleeve).
        second_colour: the colour where the pattern is on.
        end_colour: the colour beyond the hem (the skin below a sleeve).
        hem: where along the capsule ``end_colour`` begins, as a fraction; above 1 there is no hem.
        along: waves of the pattern per metre along the capsule's axis.
        across: waves of the pattern per metre across it.
        threshold: the pattern is on where the wave exceeds this; 2 makes plain cloth.
        folds: how strongly folds of the cloth shade it.
    """

    colour: Float[Tensor, "person part 3"]
    second_colour: Float[Tensor, "person part 3"]
    end_colour: Float[Tensor, "person part 3"]
    hem: Float[Tensor, "person part"]
    along: Float[Tensor, "person part"]
    across: Float[Tensor, "person part"]
    threshold: Float[Tensor, "person part"]
    folds: Float[Tensor, "person part"]


SKIN_TONES = torch.tensor(
    [
        [0.78, 0.55, 0.43],
        [0.68, 0.43, 0.31],
        [0.55, 0.32, 0.21],
        [0.40, 0.22, 0.13],
        [0.25, 0.13, 0.08],
        [0.14, 0.075, 0.05],
    ]
)
HAIR_TONES = torch.tensor(
    [[0.02, 0.015, 0.01], [0.10, 0.05, 0.02], [0.40, 0.26, 0.10], [0.3, 0.3, 0.3]]
)


def draw_colours(
    n: int, generator: torch.Generator, saturation: float = 0.9, darkest: float = 0.03
) -> Float[Tensor, "n 3"]:
    """Draw colours of any hue, from ``darkest`` to light, from grey to at most ``saturation``."""
    hue, vivid, value = torch.rand(3, n, generator=generator).unbind()
    vivid = saturation * vivid.square()
    value = darkest + (0.78 - darkest) * value.square()
    channels = torch.tensor([5.0, 3.0, 1.0])
    k = (channels + 6 * hue.unsqueeze(-1)) % 6
    ramp = torch.minimum(k, 4 - k).clamp(0, 1)
    return value.unsqueeze(-1) * (1 - vivid.unsqueeze(-1) * ramp)


def dress(n_persons: int, generator: torch.Generator) -> Surfaces:
    """Draw skin, hair, shirt, trousers and shoes for ``n_persons`` people."""

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n_persons, generator=generator)

    def colours(darkest: float = 0.05) -> Tensor:
        return draw_colours(n_persons, generator, darkest=darkest)

    tone = torch.rand(n_persons, generator=generator) * (len(SKIN_TONES) - 1.001)
    below = tone.floor().long()
    skin = torch.lerp(SKIN_TONES[below], SKIN_TONES[below + 1], (tone - below).unsqueeze(-1))
    hair = HAIR_TONES[torch.randint(len(HAIR_TONES), (n_persons,), generator=generator)]
    # What is far from the camera gets lighter colours, because few pixels show it.
    shirt, shirt_print, trousers, seam = colours(), colours(), colours(0.15), colours()
    shoes, sole, socks = colours(0.3), colours(), colours(0.3)
    long_sleeves = uniform(0, 1) < 0.45
    shorts = uniform(0, 1) < 0.25
    plain = uniform(0, 1) < 0.55
    sleeve_hem, shorts_hem = uniform(0.45, 0.85), uniform(0.55, 0.95)
    shirt_along = uniform(6, 22) * (uniform(0, 1) < 0.65)
    checked = uniform(0, 1) < 0.3
    shirt_across = uniform(6, 22) * ((shirt_along == 0) | checked)
    shirt_threshold = torch.where(plain, torch.tensor(2.0), uniform(-0.3, 0.6))
    trouser_threshold = torch.where(uniform(0, 1) < 0.8, torch.tensor(2.0), uniform(0.0, 0.7))
    trouser_across = uniform(6, 20)

    none, full = torch.zeros(n_persons), torch.full((n_persons,), 2.0)

    def choose(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return torch.where(condition.unsqueeze(-1) if yes.ndim > 1 else condition, yes, no)

    def look(part: str) -> tuple[Tensor, ...]:
        """Return a part's colours (main, second, end), hem, along, across, threshold and folds."""
        cloth = 0.10 * torch.ones(n_persons)
        kind = part.removeprefix("left ").removeprefix("right ")
        patterned = (shirt_along, shirt_across, shirt_threshold, cloth)
        legs = (none, trouser_across, trouser_threshold, cloth)
        bare = (none, none, full, none)
        if kind == "hair":
            return (hair, hair, hair, full, *bare)
        if kind == "eye":
            return (0.02 * torch.ones_like(skin), hair, hair, full, *bare)
        if kind in ("face", "nose", "neck", "palm", "thumb"):
            return (skin, skin, skin, full, *bare)
        if kind == "fingers":
            # Dark lines across the flat capsule look like the gaps between four fingers.
            return (skin, 0.35 * skin, skin, full, none, 14.0 + none, 0.72 + none, none)
        if kind in ("chest", "girdle", "belly"):
            return (shirt, shirt_print, shirt, full, *patterned)
        if kind == "pelvis":
            return (trousers, seam, shirt, 0.75 + none, *legs)
        if kind == "upper arm":
            return (shirt, shirt_print, skin, choose(long_sleeves, full, sleeve_hem), *patterned)
        if kind == "forearm":
            colour = choose(long_sleeves, shirt, skin)
            threshold = choose(long_sleeves, shirt_threshold, full)
            folds = choose(long_sleeves, cloth, none)
            return (
                colour,
                shirt_print,
                skin,
                0.92 + none,
                shirt_along,
                shirt_across,
                threshold,
                folds,
            )
        if kind == "thigh":
            return (trousers, seam, skin, choose(shorts, shorts_hem, full), *legs)
        if kind == "shin":
            colour = choose(shorts, skin, trousers)
            threshold = choose(shorts, full, trouser_threshold)
            folds = choose(shorts, none, cloth)
            hem = choose(shorts, 0.8 + none, 0.93 + none)
            return (colour, seam, socks, hem, none, trouser_across, threshold, folds)
        if kind == "shoe":
            return (shoes, sole, sole, 0.82 + none, *bare)
        if kind == "instep":
            return (shoes, sole, shoes, full, 45.0 + none, none, 0.3 + none, none)
        raise ValueError(f"there is no clothing for the part {part!r}; add it to `look`")

    columns = zip(*(look(part) for part in PARTS), strict=True)
    return Surfaces(*(torch.stack(column, dim=1) for column in columns))

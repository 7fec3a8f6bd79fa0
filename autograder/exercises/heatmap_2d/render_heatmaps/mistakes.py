"""Wrong answers to `render_heatmaps`."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function
from autograder.exercises.heatmap_2d.hills import enter_hills
from autograder.exercises.heatmap_2d.hills.registry import Draw, Size
from autograder.exercises.heatmap_2d.hills.right import hills
from autograder.exercises.heatmap_2d.render_heatmaps.cases import FIRST_SIZE

Mask = Tensor | None


def _answer(draw: Draw) -> Function:
    """An answer that draws hills, right or wrong, and blanks the hidden ones."""

    @functools.wraps(draw)
    def render(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
        return _blanked(draw(poses, size, sigma), visible)

    return render


def _blanked(maps: Tensor, visible: Mask, fill: float = 0.0) -> Tensor:
    if visible is None:
        return maps
    maps = maps.clone()
    maps[~visible.bool().expand(maps.shape[:2])] = fill
    return maps


_RIGHT = _answer(hills)
BANK = Bank(_RIGHT)


@BANK.on_top("`visible` is not used: a hidden joint must have a map of zeros.")
def visibility_ignored(answer: Function) -> Function:
    """Hidden joints get a hill, too."""
    return lambda poses, size, sigma, visible=None: answer(poses, size, sigma)


PAIRED = ("xy_swapped", "size_swapped", "sigma_not_squared")
enter_hills(BANK, _answer, outside="edge_cases", paired=PAIRED)


# How the mask is used.


@BANK.mistake("The mask is inverted: the maps of the visible joints are the zero ones.")
def visibility_inverted(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Visible joints are blanked."""
    return _RIGHT(poses, size, sigma, None if visible is None else ~visible.bool())


@BANK.mistake(
    "Without a mask all maps are zero: `visible=None` is taken for hidden joints. It means that "
    "all are visible."
)
def none_hides_all(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """None is read as a mask of zeros."""
    mask = torch.zeros_like(poses[..., 0]) if visible is None else visible
    return _RIGHT(poses, size, sigma, mask)


@BANK.mistake(
    "A product with zero keeps nan, and a hidden joint's coordinates may be nan. Choose between "
    "the map and 0, with `torch.where` or `masked_fill`.",
    fails="edge_cases",
)
def nan_times_zero(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is multiplied on."""
    heatmaps = hills(poses, size, sigma)
    return heatmaps if visible is None else heatmaps * visible.bool()[..., None, None]


@BANK.mistake(
    "`visible` is not used: only joints at nan get a map of zeros. A joint may be hidden wherever "
    "its coordinates are."
)
def only_nan_is_hidden(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The maps' nan becomes 0."""
    return hills(poses, size, sigma).nan_to_num(nan=0.0)


@BANK.mistake(
    "A visible joint at (0, 0) gets a map of zeros: it is taken for one that is missing, as some "
    "data sets write it. Here `visible` alone says which joints are hidden.",
    fails="edge_cases",
)
def missing_at_the_origin(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """COCO's way of leaving out a keypoint."""
    there = (poses != 0).any(-1)
    return _RIGHT(poses, size, sigma, there if visible is None else there & visible.bool())


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask of sample 0 is broadcast."""
    return _RIGHT(poses, size, sigma, None if visible is None else visible[:1])


@BANK.mistake("The first joint's `visible` is used for every joint; each joint has its own.")
def first_joints_visibility(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """The mask of joint 0 is broadcast."""
    return _RIGHT(poses, size, sigma, None if visible is None else visible[:, :1])


@BANK.mistake(
    "A joint that one sample does not show is hidden in the whole batch; each sample has a mask "
    "of its own."
)
def hidden_for_the_whole_batch(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """all(dim=0)."""
    mask = None if visible is None else visible.bool().all(0, keepdim=True)
    return _RIGHT(poses, size, sigma, mask)


@BANK.mistake(
    "A joint that one sample shows is visible in the whole batch; each sample has a mask of its "
    "own."
)
def visible_if_any_sample_shows_it(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """any(dim=0)."""
    mask = None if visible is None else visible.bool().any(0, keepdim=True)
    return _RIGHT(poses, size, sigma, mask)


@BANK.mistake(
    "One hidden joint hides all joints of its pose; `visible` says it for each joint alone."
)
def whole_pose_hidden(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """all(dim=1)."""
    mask = None if visible is None else visible.bool().all(1, keepdim=True)
    return _RIGHT(poses, size, sigma, mask)


@BANK.mistake(
    "One visible joint makes all joints of its pose visible; `visible` says it for each joint "
    "alone."
)
def visible_if_any_joint_is(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """any(dim=1)."""
    mask = None if visible is None else visible.bool().any(1, keepdim=True)
    return _RIGHT(poses, size, sigma, mask)


@BANK.mistake("A single hidden joint makes all maps zero; `visible` says it for each joint alone.")
def zero_unless_all_visible(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """all() over samples and joints."""
    maps = hills(poses, size, sigma)
    return maps if visible is None or visible.bool().all() else torch.zeros_like(maps)


@BANK.mistake(
    "A single visible joint makes all joints visible; `visible` says it for each joint alone."
)
def visible_if_any_is(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """any() over samples and joints."""
    mask = None if visible is None else visible.bool().any().expand(visible.shape)
    return _RIGHT(poses, size, sigma, mask)


@BANK.mistake(
    "Poses with a hidden joint and joints that are hidden somewhere are combined as a grid: each "
    "of these joints is blank in each of these poses. Blank the places that the mask itself hides."
)
def hidden_rows_times_columns(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """maps[poses[:, None], joints] = 0."""
    if visible is None:
        return hills(poses, size, sigma)
    seen = visible.bool()
    return _RIGHT(poses, size, sigma, seen.all(1, keepdim=True) | seen.all(0, keepdim=True))


@BANK.mistake(
    "Poses with a visible joint and joints that are visible somewhere are combined as a grid: each "
    "of these joints is drawn in each of these poses. Draw what the mask itself shows."
)
def visible_rows_times_columns(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """any(dim=1) times any(dim=0)."""
    if visible is None:
        return hills(poses, size, sigma)
    seen = visible.bool()
    return _RIGHT(poses, size, sigma, seen.any(1, keepdim=True) & seen.any(0, keepdim=True))


@BANK.mistake(
    "The mask is applied to rows and columns instead of samples and joints: broadcasting aligns "
    "shapes on the right. Give `visible` two more axes there."
)
def mask_on_rows_and_columns(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """(batch, joint) against (height, width)."""
    maps = hills(poses, size, sigma)
    return maps if visible is None else torch.where(visible.bool(), maps, torch.zeros_like(maps))


@BANK.mistake(
    "It works for boolean masks alone. `visible` may hold 0 and 1, too: make it boolean first, "
    "with `.bool()`.",
    fails="edge_cases",
)
def boolean_masks_only(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """torch.where with the mask as it comes."""
    maps = hills(poses, size, sigma)
    if visible is None:
        return maps
    return torch.where(visible[..., None, None], maps, torch.zeros_like(maps))


@BANK.mistake(
    "It works for masks of 0 and 1 alone, but a mask is boolean as a rule: invert it with `~`, "
    "or compare it with 0."
)
def masks_of_numbers_only(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """1 - visible."""
    if visible is None:
        return hills(poses, size, sigma)
    return _blanked(hills(poses, size, sigma), 1 - (1 - visible))


@BANK.mistake(
    "A mask of whole numbers is used as an index or inverted with `~`, which gives -1 and -2: both "
    "choose samples by number. Make the mask boolean first, with `.bool()`.",
    fails="edge_cases",
)
def whole_numbers_as_index(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """maps[~visible] = 0."""
    maps = hills(poses, size, sigma)
    if visible is not None:
        maps[~visible] = 0
    return maps


# What hidden joints get.


@BANK.mistake(
    "The hidden joints' maps are left out, and so the axes of samples and joints are lost. Keep "
    "the map and fill it with zeros."
)
def hidden_dropped(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The maps are indexed with the mask."""
    maps = hills(poses, size, sigma)
    return maps if visible is None else maps[visible.bool()]


@BANK.mistake("A hidden joint's map is filled with -1; it has to be zero.")
def hidden_filled_with_minus_one(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """-1 instead of 0."""
    return _blanked(hills(poses, size, sigma), visible, fill=-1.0)


@BANK.mistake("A hidden joint's map is filled with 1; it has to be zero.")
def hidden_filled_with_one(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """1 instead of 0."""
    return _blanked(hills(poses, size, sigma), visible, fill=1.0)


@BANK.mistake("A hidden joint's map is filled with nan; it has to be zero.")
def hidden_filled_with_nan(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Nan instead of 0."""
    return _blanked(hills(poses, size, sigma), visible, fill=torch.nan)


def _moved(poses: Tensor, visible: Mask, position: float) -> Tensor:
    if visible is None:
        return poses
    return poses.masked_fill(~visible.bool()[..., None], position)


@BANK.mistake("A hidden joint's map shows a hill at (0, 0): blank its map, not its coordinates.")
def hidden_at_origin(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The pose is masked instead of the map."""
    return hills(_moved(poses, visible, 0.0), size, sigma)


@BANK.mistake(
    "Hidden joints are moved out of the map, but their hills still reach into it: blank their "
    "maps, not their coordinates."
)
def hidden_moved_too_near(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """To (-1, -1)."""
    return hills(_moved(poses, visible, -1.0), size, sigma)


# Samples and joints.


@BANK.mistake("The first sample's poses are drawn for every sample; each sample has its own.")
def first_samples_poses(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Sample 0 for all."""
    return _RIGHT(poses[:1].expand_as(poses), size, sigma, visible)


@BANK.another("first_samples_poses")
def first_samples_maps(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The first sample's maps, with its own mask, for all."""
    maps = _RIGHT(poses, size, sigma, visible)
    return maps[:1].expand_as(maps)


@BANK.mistake(
    "The maps of a sample are added up and the joints' axis is gone; every joint has a map of "
    "its own.",
    fails="shape",
)
def joints_added(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The sum over joints."""
    return _RIGHT(poses, size, sigma, visible).sum(1)


@BANK.another("joints_added")
def joints_put_together(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The maximum over joints."""
    return _RIGHT(poses, size, sigma, visible).amax(1)


@BANK.mistake("Samples and joints have become one axis: keep both of them.", fails="shape")
def samples_and_joints_in_one_axis(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """(batch * joint, height, width)."""
    return _RIGHT(poses, size, sigma, visible).flatten(0, 1)


@BANK.mistake("Only one sample's maps come back: every sample has maps of its own.", fails="shape")
def one_sample_returned(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Sample 0 alone, with its axis."""
    return _RIGHT(poses, size, sigma, visible)[:1]


@BANK.another("one_sample_returned")
def one_sample_without_axis(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """Sample 0 alone, without its axis."""
    return _RIGHT(poses, size, sigma, visible)[0]


@BANK.mistake("The axes of samples and joints have changed places.", fails="shape")
def joints_before_samples(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """(joint, batch, height, width)."""
    return _RIGHT(poses, size, sigma, visible).transpose(0, 1)


@BANK.mistake("The maps of all joints are merged into one; every joint has a map of its own.")
def joints_merged(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The maximum over joints is returned for every joint."""
    maps = _RIGHT(poses, size, sigma, visible)
    return maps.amax(1, keepdim=True).expand_as(maps)


@BANK.another("joints_merged")
def joints_summed(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The sum over joints is returned for every joint."""
    maps = _RIGHT(poses, size, sigma, visible)
    return maps.sum(1, keepdim=True).expand_as(maps)


@BANK.mistake(
    "The first joint of each sample is drawn for every joint; each joint has its own map."
)
def first_joints_position(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Joint 0 for all."""
    return _RIGHT(poses[:, :1].expand_as(poses), size, sigma, visible)


@BANK.mistake(
    "The right maps come back for wrong samples and joints: (joint, batch) was reshaped to "
    "(batch, joint), which does not transpose it."
)
def samples_and_joints_mixed_up(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """Reshaped instead of transposed, before the mask is applied."""
    return _RIGHT(poses.transpose(0, 1).reshape(poses.shape), size, sigma, visible)


@BANK.another("samples_and_joints_mixed_up")
def visible_poses_mixed_up(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Hidden joints are moved to (0, 0), then all are reshaped; the mask itself is not."""
    return samples_and_joints_mixed_up(_moved(poses, visible, 0.0), size, sigma, visible)


@BANK.another("samples_and_joints_mixed_up")
def mixed_up_with_hills_for_hidden_joints(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """The same, and no map is blank."""
    return samples_and_joints_mixed_up(_moved(poses, visible, 0.0), size, sigma)


@BANK.another("samples_and_joints_mixed_up")
def mixed_up_the_other_way(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Pose by pose in the list, joint by joint when it is cut."""
    batch, joints = poses.shape[:2]
    maps = hills(_moved(poses, visible, 0.0), size, sigma)
    return _blanked(maps.reshape(joints, batch, *size).transpose(0, 1), visible)


@BANK.another("samples_and_joints_mixed_up")
def maps_mixed_up(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Reshaped instead of transposed, after the mask is applied."""
    maps = _RIGHT(poses, size, sigma, visible)
    return maps.transpose(0, 1).reshape(maps.shape)


@BANK.another("samples_and_joints_mixed_up")
def mask_mixed_up(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The mask alone is reshaped instead of transposed."""
    if visible is not None:
        visible = visible.T.reshape(visible.shape)
    return _RIGHT(poses, size, sigma, visible)


@BANK.mistake(
    "Each joint's map holds the columns of all joints of its pose: give both factors of the "
    "product the same joint."
)
def columns_of_all_joints(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """An einsum whose profiles have joints of their own."""
    x, y = (torch.arange(length).to(poses) for length in size[::-1])
    shown = torch.ones_like(poses[..., 0]) if visible is None else visible.to(poses.dtype)
    placed = poses.masked_fill(shown[..., None] == 0, 0)
    across = torch.exp(-((x - placed[..., :1]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((y - placed[..., 1:]) ** 2) / (2 * sigma**2))
    return torch.einsum("bjh,bkw,bj->bjhw", down, across, shown)


@BANK.another("columns_of_all_joints")
def columns_of_all_visible_joints(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """The same, and hidden joints' columns are left out."""
    x, y = (torch.arange(length).to(poses) for length in size[::-1])
    shown = torch.ones_like(poses[..., 0]) if visible is None else visible.to(poses.dtype)
    placed = poses.masked_fill(shown[..., None] == 0, 0)
    across = torch.exp(-((x - placed[..., :1]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((y - placed[..., 1:]) ** 2) / (2 * sigma**2))
    return torch.einsum("bjh,bkw,bj,bk->bjhw", down, across, shown, shown)


@BANK.another("samples_and_joints_mixed_up")
def mask_mixed_up_backwards(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """The mask alone is reshaped, then transposed."""
    if visible is not None:
        visible = visible.reshape(visible.shape[::-1]).T
    return _RIGHT(poses, size, sigma, visible)


@BANK.another("sums_to_one")
def normalised_after_the_mask(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """Hidden maps are 0 / 0."""
    maps = _RIGHT(poses, size, sigma, visible)
    return maps / maps.sum((-1, -2), keepdim=True)


@BANK.another("maximum_forced_to_one")
def divided_by_the_maximum_after_the_mask(
    poses: Tensor, size: Size, sigma: float, visible: Mask = None
) -> Tensor:
    """Hidden maps are 0 / 0."""
    maps = _RIGHT(poses, size, sigma, visible)
    return maps / maps.amax((-1, -2), keepdim=True)


@BANK.mistake("All maps are divided by one common maximum; each map has its own.")
def common_maximum(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """The whole stack is divided by its maximum."""
    heatmaps = _RIGHT(poses, size, sigma, visible)
    return heatmaps / heatmaps.max()


@BANK.mistake(
    "All maps have the size of the first ones. Is something kept from an earlier call, in a global "
    "variable or a cache? Compute the coordinates in each call.",
    fails="shape",
)
def first_size_kept(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """A grid is made in the first call and used in all others."""
    return _RIGHT(poses, FIRST_SIZE, sigma, visible)


# The dtype.


@BANK.mistake(
    "They are right to only about seven digits: part of them is computed in float32, though the "
    "poses are float64.",
    fails="dtype_device",
)
def computed_in_float32(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """float32 inside, cast back at the end."""
    return _RIGHT(poses.float(), size, sigma, visible).to(poses.dtype)


@BANK.mistake(
    "A product with a mask of a wider dtype has the mask's dtype: use it as a condition, not as a "
    "factor.",
    fails="dtype_device",
)
def dtype_of_the_mask(poses: Tensor, size: Size, sigma: float, visible: Mask = None) -> Tensor:
    """Maps times the mask as it comes."""
    maps = hills(poses.nan_to_num(), size, sigma)
    return maps if visible is None else maps * visible[..., None, None]

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Pose over time, and submitting a model
#
# A hand that moves fast is a blur. A hand behind a box cannot be seen at all. In a single image
# nobody could tell where it is; in a video you just look at the frames before.
#
# In this assignment a network reads ten frames of a video, one after the other, and predicts for
# each where seven joints are. A CNN looks at every frame, an LSTM remembers what it saw. You write
# both, find out what the memory is worth, and hand in the trained model itself: we run it on videos
# that neither you nor your network has seen.
#
# **Afterwards you can** cut videos into clips and split them without leaks, put a CNN and an LSTM
# together without a loop over the frames, measure what the memory of the LSTM adds, and export a
# trained model as a file that runs without your code.
#
# **You need** tensors, broadcasting and `nn.Module`, as in `heatmap_2d`, and an idea of what a CNN
# does. You need not have met recurrent networks before.
#
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has two hints, which stay folded until you open them: the first is a nudge, the second
# sketches shapes or steps.
#
# Every function keeps the same promises as in `heatmap_2d`, unless its exercise says otherwise. It
# computes in the dtype and on the device of its first argument, and its result has that dtype and
# that device. It takes tensors in any memory layout and leaves its arguments unchanged. Its result
# depends on its arguments alone, not on earlier calls. And it processes all clips, frames and
# joints at once, without a loop in Python. In evaluation mode a class keeps these promises, too, as
# long as its weights stay the same; and gradients reach every weight that shapes its result.
#
# Signatures tell the shapes: `Float[Tensor, "batch time 3 height width"]` is a tensor of
# floating-point numbers with five axes, the third of length 3. A name stands for any length, and
# for the same length wherever it occurs in one signature. `"*batch joint 2"` has any number of axes
# in front, or none.
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
import tempfile
import time
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown, display
from jaxtyping import Bool, Float, Int, Int8, UInt8
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Optimizer

from data_stubs.youtube import ensure_youtube
from poselab import check
from poselab.datasets import DeviceDict
from poselab.datasets.youtube import ClipDataset, load_clips
from poselab.models.exporting import quiet_exporter
from poselab.models.rnn_video import INPUT_NAME, OUTPUT_NAME
from poselab.models.verify import agreement, verify_model
from poselab.networks.blocks import ConvBlock
from poselab.plots.clips import animate_clip, plot_clip, plot_clip_predictions, watch_clip
from poselab.plots.curves import LiveCurves, plot_accuracy, plot_histories, plot_joint_errors
from poselab.plots.figure import styles_of
from poselab.plots.unrolled import plot_unrolled
from poselab.profiles import Profile, load_profile
from poselab.skeletons import UPPER_BODY
from poselab.training.augmentation.clips import mirror_some, reframe
from poselab.training.checkpoints import training_folder
from poselab.training.history import History
from poselab.training.loop import predict_all, train
from poselab.widgets.clips import scrub_clip

# %% [markdown]
# A *profile* sets how much work your machine gets. The long trainings save each epoch in the folder
# `CHECKPOINTS`: if the session ends, run the cells again, and each training goes on where it
# stopped. After a change of the model, the loss or the profile it starts afresh.

# %%
profile = load_profile("rnn_video")
CHECKPOINTS = training_folder("rnn_video")
profile

# %% [markdown]
# ## The data
#
# YouTube Pose (Charles et al., 2016) shows people's upper bodies in videos of all kinds. Until you
# have the real file, a synthetic one with the same layout is made for you: people who talk with
# their hands in front of made-up walls. The last section says where the real one is from.

# %%
path = ensure_youtube(n_videos=profile.n_videos, seed=profile.seed)
# With the real data set, this is the one line to change:
# path = "youtube_train_data.pkl"  # unpacked: what you download is compressed

# %%
clips = load_clips(path)
print("frames", tuple(clips.frames.shape), clips.frames.dtype)
print("poses ", tuple(clips.poses.shape), clips.poses.dtype)
print("videos", int(clips.video_ids.max()) + 1)

# %% [markdown]
# A clip is ten frames of 64 x 64 pixels, channels last. A pose is seven positions (x, y) in pixels
# of the frame: head, right wrist, left wrist, right elbow, left elbow, right shoulder, left
# shoulder, in this order. Right is the *person's* right.

# %% tags=["example"]
number = len(clips.poses) // 3
plot_clip(clips.frames[number], clips.poses[number])

# %% [markdown]
# Change `number` to look at more clips. Find a frame in which you cannot see a wrist, because it is
# moving or because something is in front of it. How do you know where it is?
#
# <details><summary>Answer</summary>
#
# You know from the frames around it: a wrist moves on as it moved before, and it hangs on a
# forearm whose elbow you see. The first is memory, the second is knowledge of bodies. A network can
# learn both, but only the second from a single image.
#
# </details>
#
# One frame is enough, too: `plot_clip(clips.frames[number, 0], clips.poses[number, 0])`.

# %% [markdown]
# ## From bytes to numbers around zero
#
# In the file the frames are labelled `int8`, although their bytes mean 0 to 255. `load_clips` has
# corrected that, which is why you see `uint8` above. Other programs may not, so your model has to
# accept both. This is what the wrong label does:

# %%
frame = clips.frames[number, 0]
labelled = frame.view(torch.int8)
figure, axes = plt.subplots(1, 2, figsize=(6, 3.2))
for ax, image, title in zip(
    axes, (frame, labelled.float() + 128), ("the bytes", "taken for int8"), strict=True
):
    ax.imshow(image.to(torch.uint8))
    ax.set_title(title)
    ax.set_axis_off()
plt.show()

# %%
# NBVAL_CHECK_OUTPUT
byte = torch.tensor([0, 100, 127, 128, 200, 255], dtype=torch.uint8)
print(byte.view(torch.int8).tolist())

# %% [markdown]
# Bright pixels become negative. `tensor.view(torch.uint8)` puts the right label on the same bytes.
# Call it for `int8` frames only. On frames that are `uint8` already it changes nothing and passes
# every check, but it comes back at the end: the exporter cannot write such a `view` into a file.
#
# There is a second trap in small integers: a difference of two `uint8` values cannot be negative.

# %%
# NBVAL_CHECK_OUTPUT
print(torch.tensor([10], dtype=torch.uint8) - torch.tensor([20], dtype=torch.uint8))

# %% [markdown]
# ### {exercise:normalize_frames}
#
# One video is dark, the next is bright. Give each *frame* mean 0 and standard deviation 1, over all
# of its pixels and channels together, and put the channels where convolutions expect them.
#
# <details><summary>Hint 1</summary>
#
# Divide by the number of values, not by one less. And some frames are entirely black: what is 0 /
# 0? A frame that is only *nearly* constant is not such a case.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Which axes belong to one frame? Those are the ones to average over, and `keepdim` keeps a shape
# that you can subtract from the frames: with the channels first, (batch, time, 3, height, width)
# minus (batch, time, 1, 1, 1). Bytes cannot be averaged; turn them into float32 first.
#
# </details>


# %% exercise="normalize_frames"
def normalize_frames(
    frames: UInt8[Tensor, "batch time height width 3"] | Int8[Tensor, "batch time height width 3"],
) -> Float[Tensor, "batch time 3 height width"]:
    """Each frame with mean 0 and standard deviation 1, channels first, as float32.

    Args:
        frames: pixels, channels last, as uint8 or as int8 that holds the same bytes.

    Returns:
        Frames whose mean over all pixels and channels is 0 and whose standard deviation (dividing
        by the number of values) is 1. A constant frame is 0 everywhere. A frame that is only nearly
        constant has the standard deviation 1, as all others have.

    Example: a frame that is half 10 and half 30 becomes -1 and 1.
    """
    ### BEGIN SOLUTION
    if frames.dtype == torch.int8:
        frames = frames.view(torch.uint8)
    pixels = frames.float().movedim(-1, -3)
    centred = pixels - pixels.mean(dim=(-3, -2, -1), keepdim=True)
    deviation = centred.square().mean(dim=(-3, -2, -1), keepdim=True).sqrt()
    return centred / deviation.masked_fill(deviation == 0, 1)
    ### END SOLUTION


# %% [markdown]
# Where should this happen? Not in the data set, because then everyone who runs your model would
# have to know about it. It will be the first step of the model itself, and the model will take raw
# frames.

# %% [markdown]
# ## Clips, and what they share
#
# The clips in the file were cut from videos of 100 frames, in two ways: ten frames in a row, and
# ten frames in steps of two. A clip starts at every frame from which it still fits into its video.

# %% [markdown]
# ### {exercise:sliding_windows}
#
# Compute the frame indices of every clip of one video.
#
# <details><summary>Hint 1</summary>
#
# Where is the *last* frame of the clip that starts at frame s? It has to exist. Draw this for a
# video of 12 frames.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# For one stride, take all starts as a column, (window, 1), and all steps as a row, (1, length):
# what is their sum? The few strides may go one after the other. A video that is too short has no
# starts, not a negative number of them.
#
# </details>


# %% exercise="sliding_windows"
def sliding_windows(
    n_frames: int, length: int = 10, strides: tuple[int, ...] = (1, 2)
) -> Int[Tensor, "window length"]:
    """The frame indices of all clips of one video, one row per clip, as int64.

    Args:
        n_frames: how many frames the video has, counted from 0.
        length: frames in a clip.
        strides: the steps from one frame of a clip to the next. All clips of the first stride come
            first, ordered by their start, then all of the second, and so on.

    Returns:
        One row of frame indices per clip; no rows, but still ``length`` columns, when the video is
        too short.

    Example: 4 frames, length 2 and strides (1, 2) give [0, 1], [1, 2], [2, 3], [0, 2], [1, 3].
    """
    ### BEGIN SOLUTION
    windows = []
    for stride in strides:
        n_starts = max(n_frames - (length - 1) * stride, 0)
        windows.append(torch.arange(n_starts)[:, None] + stride * torch.arange(length))
    return torch.cat(windows)
    ### END SOLUTION


# %%
windows = sliding_windows(100)
print(f"{len(windows)} clips; the first is {windows[0].tolist()}, the last {windows[-1].tolist()}")

# %% [markdown]
# **Predict:** in how many clips of its video is frame 50?

# %%
print(int((windows == 50).sum()))

# %% [markdown]
# <details><summary>Answer</summary>
#
# In 20. It can be the first, the second, ... or the tenth frame of a clip, and each of these clips
# fits into the video, for either stride: 10 + 10. That is how often the network sees it in every
# round through the data.
#
# </details>

# %% [markdown]
# ## A split without leaks
#
# Some clips are for training, some for validation. Split them at random, and nearly every
# validation clip has twins in the training part that share nine of its ten frames.

# %% [markdown]
# ### {exercise:split_by_video}
#
# So draw *videos*, not clips: all clips of a video go to the same side. Any set of videos may come
# out, so another seed gives another split. Here a loop in Python would do as well.
#
# <details><summary>Hint 1</summary>
#
# Video ids need not count up from 0, and some videos have more clips than others: a fraction of the
# clips is not a fraction of the videos. List the videos first; `torch.unique` does. A generator of
# your own, `torch.Generator().manual_seed(seed)`, makes the draw repeatable and leaves PyTorch's
# own random numbers alone.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Shuffle the list of V videos and mark the first few: a mask of shape (V,). With one of its options
# `torch.unique` also tells you, for each clip, which entry of the list it belongs to, (clip,). Use
# that as an index into the mask.
#
# </details>


# %% exercise="split_by_video"
def split_by_video(
    video_ids: Int[Tensor, " clip"], validation_fraction: float, seed: int
) -> Bool[Tensor, " clip"]:
    """Which clips are for validation: all clips of some videos, none of the others.

    Args:
        video_ids: each clip's video, any numbers in any order, at least two different ones.
        validation_fraction: the fraction of the *videos* to set aside, rounded to whole videos as
            `round` does; at least one, and at least one is left for training.
        seed: the same seed draws the same videos. PyTorch's own random numbers are left alone.

    Returns:
        True where a clip is for validation.

    Example: the videos [7, 7, 2, 2, 2] and a fraction of 0.5 give either
    [True, True, False, False, False] or the opposite.
    """
    ### BEGIN SOLUTION
    videos, index = torch.unique(video_ids, return_inverse=True)
    n_validation = min(max(round(validation_fraction * len(videos)), 1), len(videos) - 1)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.zeros(len(videos), dtype=torch.bool)
    chosen[torch.randperm(len(videos), generator=generator)[:n_validation]] = True
    return chosen.to(video_ids.device)[index]
    ### END SOLUTION


# %% [markdown]
# First, a yardstick: the mean distance over all joints and frames, in pixels.


# %%
def mean_error(
    predicted: Float[Tensor, "*batch joint 2"], target: Float[Tensor, "*batch joint 2"]
) -> Float[Tensor, ""]:
    """The mean Euclidean distance between predicted and true joints."""
    return torch.linalg.vector_norm(predicted - target, dim=-1).mean()


# %% [markdown]
# And now the price of a leak. This "model" has learned nothing. It finds the training clip whose
# first frame is most similar to the given one, pixel by pixel, and copies its pose.


# %%
def copy_nearest(is_validation: Bool[Tensor, " clip"]) -> Float[Tensor, ""]:
    """The error of copying, on some of the validation clips."""
    some = is_validation.nonzero().flatten()[::7]
    small = clips.frames[:, 0, ::4, ::4].flatten(1).float()
    nearest = torch.cdist(small[some], small[~is_validation]).argmin(dim=1)
    return mean_error(clips.poses[~is_validation][nearest, 0], clips.poses[some, 0])


# %%
VALIDATION_FRACTION = 0.2
generator = torch.Generator().manual_seed(0)
at_random = torch.rand(len(clips.poses), generator=generator) < VALIDATION_FRACTION
is_validation = split_by_video(clips.video_ids, VALIDATION_FRACTION, seed=profile.seed)
print(f"clips split at random: {copy_nearest(at_random):.1f} px")
print(f"split by video:        {copy_nearest(is_validation):.1f} px")

# %% [markdown]
# The smaller of the two would win a competition, but says nothing about people the network has
# never seen. The other one does.
#
# **Why** is copying so good in the first split, although the "model" has learned nothing?
#
# <details><summary>Answer</summary>
#
# Nearly every frame of a validation clip is in a training clip as well, byte for byte. The nearest
# one is the frame itself, and its pose is the true one. A network with enough weights learns such a
# table by heart, so its validation error would fall for the same reason.
#
# </details>

# %%
VALIDATION_STEP = 10  # neighbouring clips are nearly alike: every tenth is enough to measure
train_set = ClipDataset(clips[~is_validation])
validation_set = ClipDataset(clips[is_validation][::VALIDATION_STEP])
print(len(train_set), "clips for training,", len(validation_set), "for validation")

# %% [markdown]
# ## What is a good error?
#
# The laziest model predicts the mean of all training poses for every frame.

# %%
targets = validation_set.clips.poses
mean_pose = clips.poses[~is_validation].mean(dim=(0, 1))
print(f"error of the mean pose: {mean_error(mean_pose.expand_as(targets), targets):.1f} px")

# %% [markdown]
# ### {exercise:accuracy_curve}
#
# A mean hides whether all frames are a little off or a few are far off. So count, for each joint:
# in which fraction of the poses is it within 1 pixel of its true position, within 2, within 5...?
#
# <details><summary>Hint 1</summary>
#
# A distance of exactly 5 is within 5. There is one curve for each joint; so what do you average
# over?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Every distance has to be compared with every threshold: (pose, joint, 1) beside (threshold,) gives
# (pose, joint, threshold). Any axes in front of the joints become one first. Print the shapes
# before you compare.
#
# </details>


# %% exercise="accuracy_curve"
def accuracy_curve(
    predicted: Float[Tensor, "*batch joint 2"],
    target: Float[Tensor, "*batch joint 2"],
    thresholds: Float[Tensor, " threshold"],
) -> Float[Tensor, "joint threshold"]:
    """For each joint, the fraction of poses in which it is within each threshold.

    Args:
        predicted: predicted positions (x, y), with any number of axes in front, or none.
        target: true positions, of the same shape.
        thresholds: distances in the unit of the poses, in any order. A distance equal to a
            threshold is within it, one that is only a little larger is not.

    Example: one joint, off by 1 in one pose and by 3 in another; thresholds 0, 1, 2, 3 give
    0, 0.5, 0.5, 1.
    """
    ### BEGIN SOLUTION
    distance = torch.linalg.vector_norm(predicted - target, dim=-1)
    within = distance.reshape(-1, distance.shape[-1])[:, :, None] <= thresholds
    return within.to(predicted.dtype).mean(dim=0)
    ### END SOLUTION


# %% tags=["example"]
thresholds = torch.linspace(0, 20, 81)
curve = accuracy_curve(mean_pose.expand_as(targets), targets, thresholds)
plot_accuracy(thresholds, curve, "the mean pose")

# %% [markdown]
# **Which** joints are easy even without looking? Every model you train has to beat these curves.
#
# <details><summary>Answer</summary>
#
# Those that are nearly always at the same position of the frame: the head and the shoulders, around
# which the videos are cropped. Wrists go everywhere, and their mean is a position where they
# seldom are.
#
# </details>

# %% [markdown]
# ## The model
#
# All ten frames go through *the same* CNN, which turns each into a vector. The LSTM reads the ten
# vectors in order, and its output at each step becomes a pose.

# %%
plot_unrolled()

# %% [markdown]
# This is one network, *unrolled* in time: the boxes of one row are the same layer with the same
# weights, drawn once for each frame.
#
# ### What an LSTM is
#
# A recurrent layer reads a sequence step by step. At each step it gets that step's vector and its
# own state from the step before, and computes a new state. A plain one has a single state vector,
# which is multiplied by the same matrix in every step. Ten such products make a gradient vanish or
# explode, so it hardly learns what happened ten steps ago.
#
# A *long short-term memory* (LSTM) carries two vectors of the same length. The **cell state** c is
# the memory: from one step to the next it is only scaled and added to. The **hidden state** h is
# what the layer shows of it: its output, and what it sees of itself in the next step. Three
# **gates** decide what happens to each number of the memory. Each gate is a small linear layer of
# the present input and the previous h, with a sigmoid, so its values are between 0 and 1:
#
# * the **forget gate** f: how much of the old memory stays,
# * the **input gate** i: how much of the candidate g, computed from the same two vectors, is added,
# * the **output gate** o: how much of the memory is shown.
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)$$
#
# Along c a gradient is multiplied by f and by nothing else: where f is near 1, it arrives. The
# first LSTMs (Hochreiter and Schmidhuber, 1997) had no forget gate and could not clear their
# memory; Gers et al. (2000) added it. Since sigmoid(0) is 0.5, a new LSTM roughly halves its memory
# in every step, until training opens the gates. If you like, begin with open ones: set the forget
# gates' bias to 1 (Jozefowicz et al., 2015).
#
# **Predict:** at a forget gate of 0.5, how much of the first frame's memory is left in the tenth?
#
# <details><summary>Answer</summary>
#
# There are nine steps in between: 0.5 to the power of 9, which is 0.002. With a bias of 1 the gate
# is 0.73 at first, and 0.06 is left.
#
# </details>
#
# `nn.LSTM` does all that. It returns h at every step, and the last h and c.

# %% [markdown]
# ### {exercise:FrameEncoder}
#
# Write the CNN. The architecture is yours, on three conditions:
#
# * The vector keeps *where* things are:
#   when something moves in the frame, wherever that is, the vector changes.
# * In evaluation mode a frame's vector depends on that frame alone: not on the other frames of the
#   call, not on earlier calls, not on chance.
# * The whole network can learn:
#   a gradient reaches every layer, at the latest after a few steps.
#   So keep layers where `parameters()` finds them, not in a plain list.
#
# `ConvBlock(n_in, n_out, stride=2)` is a 3 x 3 convolution, batch normalisation and ReLU; with
# stride 2 it halves the map: (B, n_in, 64, 64) becomes (B, n_out, 32, 32). Its ten lines are in
# `poselab/networks/blocks.py`, and `ConvBlock??` in a cell shows them. You may use other layers.
#
# <details><summary>Hint 1</summary>
#
# An average over the map would lose where things were. So flatten the last map, and make it small
# enough for that.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A good start: four blocks with stride 2, more channels as the map gets smaller, then one linear
# layer. 64 halved four times is 4: how many numbers does the last map hold? The shapes are
# (B, 3, 64, 64), (B, C, 4, 4), (B, 16 C), (B, n_features).
#
# </details>


# %% exercise="FrameEncoder"
class FrameEncoder(nn.Module):
    """Turns each frame into a vector, independently of the other frames.

    Args:
        n_features: the length of the vector.
    """

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.convolutions = nn.Sequential(
            ConvBlock(3, 16, stride=2),
            ConvBlock(16, 32, stride=2),
            ConvBlock(32, 64, stride=2),
            ConvBlock(64, 64),
            ConvBlock(64, 96, stride=2),
        )
        self.linear = nn.Linear(96 * 4 * 4, n_features)
        ### END SOLUTION

    def forward(self, frames: Float[Tensor, "frame 3 64 64"]) -> Float[Tensor, "frame feature"]:
        """Turn normalised frames, channels first, into their features.

        Args:
            frames: any number of frames, also a single one; some may be 0 everywhere.

        Returns:
            One vector of floating-point numbers for each frame, `n_features` long.
        """
        ### BEGIN SOLUTION
        return torch.relu(self.linear(self.convolutions(frames).flatten(start_dim=1)))
        ### END SOLUTION


# %% [markdown]
# ### {exercise:PoseRNN}
#
# Write the whole model: raw frames in, poses in pixels out. `normalize_frames` is its first step.
# Then all frames of all clips go through the same CNN, and a recurrent layer reads each clip.
# Do not loop over the frames: a CNN treats 10 frames of B clips like 10 B images, and `nn.LSTM`
# reads whole sequences. Here, too, a gradient reaches every layer, at the latest after a few steps.
#
# The last layer is linear: no ReLU, no sigmoid, no rounding. It may start in the middle of the
# frame, though, with steps of a reasonable size: `32 + 16 * output` is still linear, and learns
# much faster than `output`. Whether it has a bias is up to you.
#
# <details><summary>Hint 1</summary>
#
# Which axis does `nn.LSTM` take for time, unless you tell it otherwise? The wrong one raises no
# error and gives the right shape, but then it reads the clips as time steps.
#
# And in which state does an LSTM start? If you keep its state in `self`, the next call goes on from
# there.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The shapes are (B, 10, 64, 64, 3), (B, 10, 3, 64, 64), (10 B, 3, 64, 64), (10 B, n_features),
# (B, 10, n_features), (B, 10, n_hidden), (B, 10, 14), (B, 10, 7, 2). `flatten(0, 1)` turns
# (B, 10, ...) into one long batch, and `unflatten` undoes it. `reshape` never swaps two axes; it
# only cuts the same row of numbers elsewhere.
#
# </details>


# %% exercise="PoseRNN"
class PoseRNN(nn.Module):
    """Predicts the pose in every frame of a clip from that frame and those before it.

    Args:
        n_features: the length of a frame's vector.
        n_hidden: the size of the LSTM's state. Both sizes shape the weights.
    """

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.encoder = FrameEncoder(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, batch_first=True)
        # Forget gates start open, so that the LSTM remembers at first (Jozefowicz et al., 2015).
        nn.init.ones_(self.lstm.bias_ih_l0.data[n_hidden : 2 * n_hidden])
        self.head = nn.Linear(n_hidden, 7 * 2)
        ### END SOLUTION

    def forward(
        self, frames: UInt8[Tensor, "batch frame 64 64 3"] | Int8[Tensor, "batch frame 64 64 3"]
    ) -> Float[Tensor, "batch frame 7 2"]:
        """Turn raw frames into positions (x, y) in pixels.

        Args:
            frames: uint8, or int8 that holds the same bytes. Any number of clips, of any length;
                some frames may be entirely black.

        Returns:
            One pose for each frame, in floating-point numbers. In evaluation mode
            a pose depends on its own frame and on the earlier ones of the same clip,
            and on nothing else: the same clip always gives the same poses.
        """
        ### BEGIN SOLUTION
        batch, length = frames.shape[:2]
        features = self.encoder(normalize_frames(frames).flatten(0, 1))
        states, _ = self.lstm(features.unflatten(0, (batch, length)))
        return 32 + 16 * self.head(states).unflatten(-1, (7, 2))
        ### END SOLUTION


# %% [markdown]
# What would the loop have cost? An LSTM repeats the same step ten times, so it can also be written
# with `nn.LSTMCell`: same weights, same answer. Here time comes first, which is the default order
# of PyTorch's recurrent layers:


# %%
def step_by_step(
    cell: nn.LSTMCell, features: Float[Tensor, "frame batch feature"]
) -> Float[Tensor, "frame batch hidden"]:
    """What ``nn.LSTM`` does, one frame after the other."""
    hidden = memory = features.new_zeros(features.shape[1], cell.hidden_size)
    states = []
    for step in features:
        hidden, memory = cell(step, (hidden, memory))
        states.append(hidden)
    return torch.stack(states)


# %%
lstm, features = nn.LSTM(128, 128), torch.randn(10, 16, 128)
cell = nn.LSTMCell(128, 128)
cell.load_state_dict({name.removesuffix("_l0"): w for name, w in lstm.state_dict().items()})
ways = {"at once": lstm, "loop": lambda x: step_by_step(cell, x)}
milliseconds = {name: float("inf") for name in ways}
with torch.no_grad():
    same = torch.allclose(lstm(features)[0], step_by_step(cell, features), atol=1e-5)
    print("same answer:", same)
    # In turn, and the shortest of many runs: what else the machine does only makes runs longer.
    for _ in range(30):
        for name, run in ways.items():
            begin = time.perf_counter()
            run(features)
            taken = 1000 * (time.perf_counter() - begin)
            milliseconds[name] = min(milliseconds[name], taken)
for name, shortest in milliseconds.items():
    print(f"{name:8} {shortest:6.2f} ms")
print(f"the loop takes {milliseconds['loop'] / milliseconds['at once']:.1f} times as long")

# %% [markdown]
# Both do the same arithmetic. What the loop adds is the same for every step, however small: a call
# from Python that starts several small operations. So the factor depends on the machine and on the
# sizes: large layers hide it, and on a GPU, where each operation has to be launched, it grows.

# %% [markdown]
# ## What is memory worth?
#
# We compare two models with the same layers, trained on the same data. The first has no memory: it
# treats each frame as a clip of its own, one frame long.


# %%
class FrameByFrame(nn.Module):
    """Your model on clips of one frame: it never has anything to remember."""

    def __init__(self) -> None:
        super().__init__()
        self.model = PoseRNN()

    def forward(
        self, frames: UInt8[Tensor, "batch frame 64 64 3"]
    ) -> Float[Tensor, "batch frame 7 2"]:
        """Turn raw frames into positions (x, y) in pixels."""
        poses = self.model(frames.reshape(-1, 1, 64, 64, 3))
        return poses.reshape(*frames.shape[:2], 7, 2)


# %% [markdown]
# ### {exercise:training_step}
#
# Both learn in the same way: in many small steps, each from the clips of one batch. Write one step.
#
# `batch["frames"]` holds raw frames and `batch["pose"]` their true poses; both are on the model's
# device already. `loss_function(predicted, target)` returns the mean over all coordinates of the
# batch, as a tensor of one number.
#
# * **One step.** The model predicts the whole batch in one call. `optimiser.step()` is called once,
#   and moves the weights against the gradient of the loss of that prediction. Take the gradient as
#   it is: the training below shortens gradients that are too long, and moves the learning rate.
# * **The loss.** Return the loss of the prediction that the step is made from, as a plain number of
#   type `float`. A tensor would keep everything in memory that it was computed from. It is a mean,
#   so a small batch has as large a loss as a large one. The curves below average over several
#   batches, and weight each with the number of its clips.
# * **No other gradients.** `backward()` does not replace the gradients of the weights, it *adds* to
#   them. There may be some already when your function is called, from an earlier step or from
#   whatever else your caller did. They must not move the weights.
# * **Training mode.** Every layer is in training mode when the model predicts, whatever mode the
#   model comes in. In which mode you leave it is up to you.
# * The batch stays as it is.
#
# <details><summary>Hint 1</summary>
#
# The usual mistakes raise no error. Somebody makes the step before there are gradients, or clears
# them between `backward()` and the step: the weights stay where they are. Somebody never clears
# them: the weights move, but in a direction that is ever less that of the present batch. To find
# out, print one weight before and after a step, and its `grad` before and after `backward()`.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Five things happen, each once: choose the mode; predict and compare; clear the gradients; go
# backward; step. Clearing may come anywhere before going backward. What you return is known before
# the weights move; `item()` turns a tensor of one number into a `float`.
#
# </details>


# %% exercise="training_step"
def training_step(
    model: nn.Module,
    batch: DeviceDict,
    loss_function: Callable[[Tensor, Tensor], Tensor],
    optimiser: Optimizer,
) -> float:
    """Make one step against the gradient of a batch's loss.

    Args:
        model: turns raw frames into poses. It comes in any mode; its weights change.
        batch: "frames" (clip, frame, 64, 64, 3) uint8, and "pose" (clip, frame, 7, 2), in pixels.
            Any number of clips.
        loss_function: predicted poses, true poses -> the mean over the batch, a tensor of one
            number.
        optimiser: moves the model's weights. It remembers earlier steps: do not make a new one.

    Returns:
        The loss before the step, a number of type `float`.
    """
    ### BEGIN SOLUTION
    model.train()
    loss = loss_function(model(batch["frames"]), batch["pose"])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()
    ### END SOLUTION


# %% [markdown]
# **Why** does `backward()` add, if that needs clearing in every step?
#
# <details><summary>Answer</summary>
#
# Because one weight usually has a part in many results. The CNN's weights work on ten frames of
# every clip, the LSTM's at ten points in time; the gradient is the sum over all of these, and
# adding is how it comes about. It has a second use: if a batch is too large for the memory, one can
# go backward from several small ones, and then make one step for all.
#
# </details>
#
# `train` calls your step again and again; the rest of the loop is in `poselab/training/loop.py`.
# Here it minimises the mean absolute error. An epoch is `clips_per_epoch` clips, drawn at random;
# the learning rate rises, and then falls to nearly 0. Watch the error and a prediction.


# %%
def predict(model: nn.Module, batch: DeviceDict) -> Float[Tensor, "batch frame 7 2"]:
    """The model's output is the pose already."""
    return model(batch["frames"])


def train_on_clips(
    model: nn.Module,
    profile: Profile,
    name: str,
    show: Callable[[History], None] | None,
    loss_function: Callable[[Tensor, Tensor], Tensor] = l1_loss,
) -> History:
    """Train ``model`` with your step, on clips that are mirrored and moved at random."""
    return train(
        model,
        loss_function,
        predict,
        train_set,
        validation_set,
        profile,
        step=training_step,
        error=mean_error,
        target="pose",
        name=name,
        validation_loss=loss_function,
        samples_per_epoch=profile.clips_per_epoch,
        augment=lambda batch: reframe(mirror_some(batch)),
        max_gradient_norm=5.0,  # rarely, a step through ten recurrent ones is very large
        checkpoint_folder=CHECKPOINTS,
        on_epoch=show,
    )


# %% [markdown]
# Why the *absolute* error and not its square? A wrist that is 20 px off counts 400 in a squared
# loss, and 20 in this one. Blurred and hidden joints have such errors, and no model can avoid them
# all; squared, they would outweigh the many that are nearly right. "Hyperparameters" below tries
# both.
#
# The optimiser is Muon for the inner convolutions and AdamW for all other weights
# (`poselab/training/optimisers.py`). Muon replaces the update of a layer by the nearest one that
# changes all directions equally, which makes short trainings much better; why it does is explained
# there in a few lines.
#
# ### First, one batch by heart
#
# Before you train for minutes, find out in seconds whether your model can learn at all. Give it
# eight clips, the same ones again and again. It should learn them by heart: **expect a mean
# absolute error of 5 to 15 px in the first step and below 1 px in the last**; ours ends near 0.2.
# If it stays where it starts, something between the frames and the loss is cut off or mixed up.

# %%
N_STEPS = 3 if profile.name == "smoke" else 100
torch.manual_seed(profile.seed)
learner = PoseRNN()
batch = train_set.batch(torch.arange(8) * (len(train_set) // 8))
optimiser = torch.optim.AdamW(learner.parameters(), lr=2e-3)
losses = []
for _ in range(N_STEPS):
    losses.append(training_step(learner, batch, l1_loss, optimiser))
print(f"first step {losses[0]:.2f} px, last step {losses[-1]:.2f} px")

# %% [markdown]
# That this works says nothing about other clips: it is a test of the code, not of the model.

# %%
models, histories = {}, {}
STYLES = styles_of(["frame by frame", "LSTM"])  # the same colours in all figures

# %%
torch.manual_seed(profile.seed)
models["frame by frame"] = FrameByFrame()
live = LiveCurves(watch_clip(models["frame by frame"], validation_set[0]), styles=STYLES)
histories["frame by frame"] = train_on_clips(
    models["frame by frame"], profile, "frame by frame", live
)

# %% tags=["example"]
torch.manual_seed(profile.seed)
pose_rnn = PoseRNN()
live = LiveCurves(watch_clip(pose_rnn, validation_set[0]), styles=STYLES)
histories["LSTM"] = train_on_clips(pose_rnn, profile, "LSTM", live)
models["LSTM"] = pose_rnn

# %% [markdown]
# Is the validation loss still falling? If it has stopped while the training loss keeps falling,
# more videos would help more than more epochs. The two are not measured in the same way: training
# clips are mirrored and moved at random, and their loss is averaged while the model changes.

# %% tags=["example"]
if histories:
    display(plot_histories(*histories.values(), styles=STYLES))

# %% [markdown]
# ## A closer look

# %%
predictions = {}
for name, model in models.items():
    predictions[name], targets = predict_all(model, predict, validation_set, profile, target="pose")

# %%
for name, predicted in predictions.items():
    display(plot_accuracy(thresholds, accuracy_curve(predicted, targets, thresholds), name))

# %% [markdown]
# And both models in one figure, in the colours of the curves above: each joint's mean error.

# %% tags=["example"]
by_joint = {name: (p - targets).norm(dim=-1).mean(dim=(0, 1)) for name, p in predictions.items()}
if by_joint:
    display(plot_joint_errors(by_joint, UPPER_BODY, styles=STYLES))

# %% [markdown]
# We expect memory to help where one frame is not enough: when somebody walks past in front, or when
# motion blurs. The file does not say when a joint is hidden, but motion can be measured: how far
# has a wrist moved since the frame before?

# %%
wrists = [1, 2]
travel = torch.zeros(targets.shape[:2])
travel[:, 1:] = (targets[:, 1:, wrists] - targets[:, :-1, wrists]).norm(dim=-1).amax(dim=-1)
slow, fast = travel < 1, travel > 3
slow[:, 0] = False  # the first frame has none before it

# %%
columns = ["model", "all", "wrists, at rest", "wrists, fast", "first frame", "last frame"]
table = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
for name, predicted in predictions.items():
    numbers = [
        mean_error(predicted, targets),
        mean_error(predicted[slow][:, wrists], targets[slow][:, wrists]),
        mean_error(predicted[fast][:, wrists], targets[fast][:, wrists]),
        mean_error(predicted[:, 0], targets[:, 0]),
        mean_error(predicted[:, -1], targets[:, -1]),
    ]
    table.append(f"| {name} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |")
Markdown("\n".join(table))

# %% [markdown]
# Where does memory help most? In the first frame the LSTM has nothing to remember, so a difference
# there has another cause. How does the difference change from the first frame to the last?
#
# <details><summary>Answer</summary>
#
# Subtract the two rows of *your* table. We expect the LSTM's advantage to be largest where one
# frame is not enough, and to grow with the number of frames that it has seen. A difference in the
# first frame is chance, or the price of training for all frames at once. How large chance is, you
# find out with another seed.
#
# </details>
#
# **Where does it fail?** These are the three clips with the largest mean error of each model, each
# at its worst frame. Is the joint hidden, blurred, or is something else taken for it?

# %% tags=["example"]
for name, predicted in predictions.items():
    error = (predicted - targets).norm(dim=-1).mean(dim=-1)
    worst = error.mean(dim=1).argsort(descending=True)[:3]
    frame_numbers = error[worst].argmax(dim=1)
    shown = {other: p[worst, frame_numbers] for other, p in predictions.items()}
    worst_px = ", ".join(f"{mean:.1f}" for mean in error[worst].mean(dim=1))
    print(f"the worst clips of {name}: mean errors of {worst_px} px")
    display(
        plot_clip_predictions(
            validation_set.clips.frames[worst, frame_numbers],
            targets[worst, frame_numbers],
            shown,
            frame_numbers=frame_numbers.tolist(),
        )
    )

# %% [markdown]
# Scrub through the clip with the fastest wrist. Stop where the two models disagree, and decide
# which one is right, and why.

# %%
example = int(travel.amax(dim=1).argmax())
shown = {name: predicted[example] for name, predicted in predictions.items()}
scrub_clip(validation_set[example]["frames"], targets[example], shown)

# %%
animate_clip(validation_set[example]["frames"], targets[example], shown)

# %% [markdown]
# ## Hyperparameters
#
# How large a state does this task need? And what does the squared error (MSE), which the source
# uses, change? These training runs are short, as the output says, so their errors are larger than
# those above; and each has one seed. They show large effects; small ones may be chance, which is
# what the second line is for. Add a line of your own: more features, another batch size.

# %%
trials = {
    "as above": ({}, {}, l1_loss),
    "another seed": ({}, {"seed": profile.seed + 1}, l1_loss),
    "16 hidden": ({"n_hidden": 16}, {}, l1_loss),
    "learning rate 1e-4": ({}, {"learning_rate": 1e-4}, l1_loss),
    "MSE": ({}, {}, mse_loss),
}
short = profile.replace(epochs=4, clips_per_epoch=profile.clips_per_epoch // 4)
results = []
for name, (sizes, settings, loss_function) in trials.items():
    trial = short.replace(**settings)
    torch.manual_seed(trial.seed)
    history = train_on_clips(PoseRNN(**sizes), trial, name, LiveCurves(), loss_function)
    results.append(f"| {name} | {history.error:.2f} | {history.total_seconds:.0f} |")
print(f"Each training: {short.epochs} epochs of {short.clips_per_epoch} clips.")
Markdown("\n".join(["| model | error in px | training in s |", "|---|---|---|", *results]))

# %% [markdown]
# The error is the mean distance in px whatever the loss, so the lines can be compared; the losses
# themselves cannot, because MSE is in square pixels.
#
# **Why** can a model with the lower MSE have the larger mean distance?
#
# <details><summary>Answer</summary>
#
# The best constant guess under the squared error is the mean of what may be true, under the
# absolute error it is the median. Where a wrist is either up or down, the mean is in between: never
# very wrong, never right. Squared, being never very wrong is worth more.
#
# </details>

# %% [markdown]
# ## A self-contained model
#
# A notebook is not a model. Anyone who uses yours should need only one file: no Python, none of
# your classes, no instructions for normalising. ONNX is a format for such files, and this is the
# specification of yours:
#
# | | name | type | shape |
# |---|---|---|---|
# | input | `input_frames` | uint8 | (batch, 10, 64, 64, 3), any batch |
# | output | `joint_pos` | float32 | (batch, 10, 7, 2), pixels |

# %% [markdown]
# ### {exercise:export_model}
#
# Write the file. `torch.onnx.export` follows the model through an example and records what happens.
# `INPUT_NAME` and `OUTPUT_NAME` hold the two names in the table.
#
# The check exports two small networks of ours. Your own model comes below. If the exporter fails
# there at `view(torch.uint8)`, the cause is in `normalize_frames`: frames that are `uint8` already
# do not need it, so call it for `int8` only.
#
# <details><summary>Hint 1</summary>
#
# Whatever the exporter sees as a constant stays constant, including the batch size of your example.
# And which mode should the model be in while it is exported? And afterwards? Your caller did not
# ask you to change it.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Note the mode, choose another, export an example (2, 10, 64, 64, 3) of `uint8` on the model's
# device, restore the mode. Of the exporter's options, look for the names of inputs and outputs; for
# "dynamic", to leave the batch open; and for "external data", since the weights belong in the same
# file.
#
# </details>


# %% exercise="export_model"
def export_model(model: nn.Module, path: str) -> None:
    """Write a model of clips as ONNX, weights included, in one file.

    The file gives the same poses as the model in evaluation mode.

    Args:
        model: turns raw frames (batch, 10, 64, 64, 3) uint8 into poses (batch, 10, 7, 2). It is
            exported in evaluation mode and left in the mode it was in.
            Nothing else about it is changed, nor are PyTorch's settings.
        path: the file to write. An older one is replaced, and no other file is left.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    device = next(model.parameters()).device
    example = torch.zeros(2, 10, 64, 64, 3, dtype=torch.uint8, device=device)
    torch.onnx.export(
        model.eval(),
        (example,),
        path,
        input_names=[INPUT_NAME],
        output_names=[OUTPUT_NAME],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
        verbose=False,
        dynamo=True,
    )
    model.train(was_training)
    ### END SOLUTION


# %% [markdown]
# PyTorch's exporter prints warnings about itself, in red, that you can do nothing about.
# `quiet_exporter` leaves those out, and no errors.

# %%
with quiet_exporter():
    export_model(pose_rnn.cpu(), "my_model.onnx")

# %% [markdown]
# This is what the grader will tell you about the file. On the command line, `poselab verify
# my_model.onnx` prints the same report.

# %%
print(verify_model("my_model.onnx"))

# %% [markdown]
# And does the file compute what your model computes? Rounding aside, it should.

# %%
frames = validation_set[example]["frames"][None]
difference = agreement(pose_rnn.cpu(), "my_model.onnx", frames)
print(f"largest difference: {difference:.1e} px")

# %% [markdown]
# Hand in `my_model.onnx` with this notebook. We run it on videos of other people in other rooms.
# The source of this assignment asks for about 10 px or less on its videos. On ours the mean pose is
# 9.3 px off without looking at a single frame, so it earns nothing here, and smaller errors earn
# more:
#
# {model:points}

# %% [markdown]
# ### {question:what_time_is_for}
#
# In about 200 words:
#
# 1. How much better is the LSTM than the frame-by-frame model on *your* validation videos: over all
#    frames, and where the wrists are fast? Is the difference large enough to trust, and how would
#    you find out?
# 2. Show one frame in which memory helps and one in which it hurts (with `plot_clip_predictions`,
#    in a cell of your own above), and explain both.
# 3. Somebody trains on frames 0 to 79 of every video and validates on frames 80 to 99. No frame is
#    in both parts. Do you expect an error above or below yours, and what would it not tell you?
# 4. This LSTM only looks back. Name a use for which it could also look ahead and one for which it
#    could not, and say what you would expect to gain.

# %% [markdown] question="what_time_is_for"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, the result.** Both numbers from the student's own table, in pixels, and a way to find
#   out whether the difference is real: another seed, another split, an error for each video. Half a
#   point when the numbers contradict the table or the doubt is missing.
# * **1 point, the frames.** One of each kind, with a reason that fits the image: a blurred or
#   hidden joint that earlier frames showed; an old position that is held on to, a first frame
#   without a past, a fast turn.
# * **1 point, the split.** Below: no frame is shared, but people, clothes and rooms are. It does
#   not tell how well the model does on people it has never seen.
# * **1 point, both directions.** A recording can be read backwards too (annotation, film, sports
#   analysis); a live camera cannot, or only with a delay. The gain is largest where a joint is
#   hidden and comes back, and in the first frames.
#
# No points for an answer that only repeats what papers say.
#
# === END MARK SCHEME ===

# %% [markdown]
# ### {question:report}
#
# Write a report of about one page on the model that you hand in, so that somebody who has not read
# your notebook could build it again and would know how good it is. It contains, in this order:
#
# 1. **The model**: its layers with their sizes (a small drawing or table is fine), the number of
#    its weights, how frames are normalised, and which loss it minimises.
# 2. **The training**: optimiser, learning rate, batch size, epochs; training and validation loss
#    over the epochs, and what you conclude from the two.
# 3. **The result**: the mean error in pixels on at least 100 validation clips of videos that were
#    not trained on, the accuracy curves of all seven joints, and one sentence on each of the best
#    and the worst joint.
# 4. **One success and one failure**: a frame of each with the predicted and the true pose, and your
#    explanation.
#
# Refer to the figures above by their headings; you need not draw them again.

# %% [markdown] question="report"
# Write your report here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, the model.** It could be built again: layers, sizes, normalisation, loss. Half a
#   point when one of them is missing, or contradicts the code.
# * **1 point, the training.** The settings are complete, and what is concluded fits the two curves:
#   still falling, or the training loss alone.
# * **1 point, the result.** A mean error in pixels on at least 100 clips, split by video; curves of
#   all seven joints, and the best and the worst joint named in agreement with them. Half a point
#   when the number is the loss, or is of clips whose videos were trained on.
# * **1 point, the frames.** Both frames with both poses, and explanations that fit what is seen.
#
# === END MARK SCHEME ===

# %% [markdown]
# ## Optional: the original files
#
# VGG's original is not a pickle. It is a `.mat` file of labels with the frames beside it, and
# `load_clips` reads that as well, if scipy is installed. This writes a small synthetic one in that
# layout (a struct array `data` with `locs`, `imgPath` and more for each video) and reads it.

# %%
try:
    from data_stubs.youtube.file import write_vgg_mat

    with tempfile.TemporaryDirectory() as folder:
        write_vgg_mat(f"{folder}/YouTube_Pose_dataset.mat", n_videos=1, seed=profile.seed)
        original = load_clips(f"{folder}/YouTube_Pose_dataset.mat")
    print(len(original), "clips from one video;", tuple(original.poses.shape))
    display(plot_clip(original.frames[0], original.poses[0]))
except ModuleNotFoundError as missing:
    print(missing)

# %% [markdown]
# Its frames have about 400 x 600 pixels, and MATLAB counts pixels from 1. When a frame is scaled,
# its *borders* stay borders, so the joints move with them: the first pixel's centre is at 1 in the
# file and at 0 in ours. The frames of the original were drawn at random from each video, so its
# neighbours are not equally far apart in time.

# %% [markdown]
# ## Optional: make it yours
#
# None of this is graded. Try a bidirectional LSTM, in a class of its own, since `PoseRNN` may not
# look ahead (may frame 3 know what happens in frame 7?); a GRU; the difference of two frames as a
# further input; more videos with fewer clips each; a loss that penalises jumps from frame to frame.
# You may hand in any model that meets the specification. The leaderboard shows each model's error
# on the held-out videos.

# %% [markdown]
# ## References
#
# * The assignment follows a programming assignment of a course on deep learning, "PA 4: Human Pose
#   Estimation with Recurrent Neural Networks": its data, its curated clips, its bar of 10 px, its
#   model as a file with a fixed input and output, and its written report.
# * Charles, Pfister, Magee, Hogg and Zisserman, "Personalizing Human Video Pose Estimation", CVPR
#   2016: the YouTube Pose data set.
# * Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.
# * Gers, Schmidhuber and Cummins, "Learning to Forget: Continual Prediction with LSTM", Neural
#   Computation 12(10), 2000.
# * Jozefowicz, Zaremba and Sutskever, "An Empirical Exploration of Recurrent Network
#   Architectures", ICML 2015: forget gates that start open.
# * Olah, "Understanding LSTM Networks", 2015: the unrolled drawings that everybody knows.
# * Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
#
# **The real data.** VGG (Oxford) offers YouTube Pose on its page of data sets: a `.mat` file with
# the labels of 50 videos of 100 frames each, and the frames. Search for "VGG Pose Datasets". The
# curated pickle, `youtube_train_data.pkl`, 7000 clips of 64 x 64 pixels, is handed out by the
# course that made it; ask your instructor. It comes compressed: unpack it, and set `path` near the
# top. Reading it takes about 1.2 GB of memory.

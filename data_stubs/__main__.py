"""The command line: ``python -m data_stubs egocap --images 7057 --seed 0 --out FOLDER``.

``python -m data_stubs youtube --videos 50``, ``python -m data_stubs lifting --poses 50000`` and
``python -m data_stubs coco --people 6000`` write other data sets.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_stubs.coco import ensure_coco
from data_stubs.egocap import ensure_egocap
from data_stubs.lifting import ensure_human36m, ensure_lifting, ensure_two_views
from data_stubs.lifting.motion_capture import convert_motion_capture
from data_stubs.youtube import ensure_youtube


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a data set and print its path; if that fails, print one sentence and return 1."""
    parser = argparse.ArgumentParser(
        prog="python -m data_stubs",
        description="Write a small synthetic data set in a real data set's file format.",
    )
    data_sets = parser.add_subparsers(dest="data_set", required=True)
    egocap = data_sets.add_parser(
        "egocap", help="EgoCap_nth10.hdf5: a person seen by a fisheye camera on their own head"
    )
    egocap.add_argument("--images", type=int, default=7057, help="how many images (default: 7057)")
    egocap.add_argument("--seed", type=int, default=0, help="another seed gives other people")
    egocap.add_argument(
        "--out",
        metavar="FOLDER",
        help="where to write EgoCap_nth10.hdf5 (default: in $POSELAB_DATA or ~/.cache/poselab)",
    )
    youtube = data_sets.add_parser(
        "youtube", help="youtube_train_data.pkl: clips of people's upper bodies"
    )
    youtube.add_argument("--videos", type=int, default=50, help="how many videos (default: 50)")
    youtube.add_argument("--seed", type=int, default=0, help="another seed gives other people")
    youtube.add_argument(
        "--out",
        metavar="FOLDER",
        help="where to write the file (default: in $POSELAB_DATA or ~/.cache/poselab)",
    )
    lifting = data_sets.add_parser(
        "lifting",
        help="data_train_lift.pkl and data_test_lift.pkl: poses in 2D and in 3D",
    )
    lifting.add_argument("--poses", type=int, default=50_000, help="poses (default: 50000)")
    lifting.add_argument(
        "--test-poses", type=int, default=5_000, help="poses for the test (default: 5000)"
    )
    lifting.add_argument(
        "--two-views",
        action="store_true",
        help="write data_train.pkl instead, in which two cameras see each pose",
    )
    lifting.add_argument("--seed", type=int, default=0, help="another seed gives other people")
    lifting.add_argument(
        "--out",
        metavar="FOLDER",
        help="where to write the files (default: in $POSELAB_DATA or ~/.cache/poselab)",
    )
    images = data_sets.add_parser(
        "human36m", help="Human36M.hdf5: images of people with poses in 2D and in 3D"
    )
    images.add_argument("--images", type=int, default=7000, help="how many (default: 7000)")
    images.add_argument(
        "--size", type=int, default=256, metavar="PIXELS", help="height and width (default: 256)"
    )
    images.add_argument("--seed", type=int, default=0, help="another seed gives other people")
    images.add_argument(
        "--out",
        metavar="FOLDER",
        help="where to write Human36M.hdf5 (default: in $POSELAB_DATA or ~/.cache/poselab)",
    )
    coco = data_sets.add_parser(
        "coco", help="person_keypoints_train2017.json and the like: people with 17 keypoints"
    )
    coco.add_argument(
        "--people", type=int, default=6000, help="people for training (default: 6000)"
    )
    coco.add_argument(
        "--validation-people", type=int, default=500, help="people for validation (default: 500)"
    )
    coco.add_argument("--seed", type=int, default=0, help="another seed gives other people")
    coco.add_argument(
        "--out",
        metavar="FOLDER",
        help="the data set's folder (default: in $POSELAB_DATA or ~/.cache/poselab)",
    )
    capture = data_sets.add_parser(
        "motion-capture", help="convert .bvh files to the format of the lifting data sets"
    )
    capture.add_argument("recordings", nargs="+", metavar="FILE.bvh", help="what to convert")
    capture.add_argument("--out", metavar="FILE.pkl", required=True, help="the file to write")
    capture.add_argument(
        "--every", type=int, default=1, metavar="N", help="take one frame in N (default: all)"
    )
    capture.add_argument(
        "--two-views", action="store_true", help="let two cameras see each pose, as data_train.pkl"
    )
    capture.add_argument("--seed", type=int, default=0, help="another seed gives other cameras")
    options = parser.parse_args(arguments)
    try:
        print(_write(options))
    except (OSError, ValueError, ModuleNotFoundError) as error:
        print(f"python -m data_stubs: {error}", file=sys.stderr)
        return 1
    return 0


def _write(options: argparse.Namespace) -> Path | str:
    """Write what was asked for, unless it is there, and return its path."""
    match options.data_set:
        case "egocap":
            return ensure_egocap(options.images, options.seed, options.out)
        case "youtube":
            return ensure_youtube(options.videos, options.seed, options.out)
        case "human36m":
            return ensure_human36m(options.images, options.seed, options.out, options.size)
        case "coco":
            return ensure_coco(
                options.out,
                count=options.people,
                validation_count=options.validation_people,
                seed=options.seed,
            ).folder
        case "motion-capture":
            convert_motion_capture(
                options.recordings,
                options.out,
                every=options.every,
                two_views=options.two_views,
                seed=options.seed,
            )
            return options.out
        case _ if options.two_views:
            return ensure_two_views(options.out, poses=options.poses, seed=options.seed)
        case _:
            return ensure_lifting(
                options.out,
                poses=options.poses,
                test_poses=options.test_poses,
                seed=options.seed,
            )


if __name__ == "__main__":
    sys.exit(main())

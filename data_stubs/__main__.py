"""The command line: ``python -m data_stubs egocap --images 7057 --seed 0 --out FOLDER``.

``python -m data_stubs youtube --videos 50`` writes the other data set.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from data_stubs.egocap import ensure_egocap
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
    options = parser.parse_args(arguments)
    try:
        if options.data_set == "egocap":
            print(ensure_egocap(options.images, options.seed, options.out))
        else:
            print(ensure_youtube(options.videos, options.seed, options.out))
    except (OSError, ValueError) as error:
        print(f"python -m data_stubs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

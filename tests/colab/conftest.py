"""These tests run in the environment that `make test-colab` builds, and nowhere else."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("COLAB_REPLICA") else ["test_*.py"]

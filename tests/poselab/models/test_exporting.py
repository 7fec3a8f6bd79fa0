"""The exporter is quiet; what really is wrong is raised, and a view that it cannot write named."""

from __future__ import annotations

import logging
import warnings

import pytest

from poselab.models.exporting import ExportError, quiet_exporter

NEWER = (
    "No ONNX function found for <OpOverload(op='aten.view', overload='dtype')>. "
    "target=torch.ops.aten.view.dtype](args = (%f, torch.uint8)"
)
OLDER = "We don't have an op for aten::view but it isn't a special case."


def test_warnings_and_log_lines_are_left_out(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    logger.setLevel(logging.WARNING)
    with quiet_exporter():
        warnings.warn("red", FutureWarning, stacklevel=1)
        logger.warning("torchvision is not installed")
        logger.error("this is serious")
    assert not recwarn.list and [r.message for r in caplog.records] == ["this is serious"]
    logger.warning("afterwards")
    assert caplog.records[-1].message == "afterwards", "the level is as it was"


@pytest.mark.parametrize("said", [NEWER, OLDER])
def test_a_view_of_other_bytes_is_explained(said: str) -> None:
    expected = pytest.raises(ExportError, match=r"`if frames\.dtype == torch\.int8`")
    with expected as caught, quiet_exporter():
        try:
            raise ValueError(said)
        except ValueError as cause:
            raise RuntimeError("Failed to convert") from cause
    assert str(caught.value.__cause__) == "Failed to convert"


@pytest.mark.parametrize("said", ["view size is not compatible", "aten::viewer", "anything"])
def test_other_errors_stay_what_they_are(said: str) -> None:
    with pytest.raises(ValueError, match=said), quiet_exporter():
        raise ValueError(said)

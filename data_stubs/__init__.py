"""Small synthetic data sets in the real data sets' file formats."""

from data_stubs.egocap import ensure_egocap, write_egocap

__all__ = ["ensure_egocap", "write_egocap"]

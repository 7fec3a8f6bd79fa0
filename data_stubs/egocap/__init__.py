"""Synthetic EgoCap: ``EgoCap_nth10.hdf5`` in the layout of the real file."""

from data_stubs.egocap.file import ensure_egocap, write_egocap

__all__ = ["ensure_egocap", "write_egocap"]

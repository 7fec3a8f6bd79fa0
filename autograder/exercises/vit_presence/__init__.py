"""The judging of assignment ``vit_presence``."""

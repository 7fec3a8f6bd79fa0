"""How good predicted keypoints and their presence are, by the measures of the field."""

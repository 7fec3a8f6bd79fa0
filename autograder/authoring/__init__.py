"""From `solutions/A/N.py` to executed solutions, student notebooks and the student repository."""

"""The exercises of the assignment with a vision transformer that predicts presence."""

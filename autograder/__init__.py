"""The instructor's side: building the course, grading it, and proving that both work."""

"""The wrong answers that the galleries show, one module for each assignment."""

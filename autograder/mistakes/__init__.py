"""The banks of plausible wrong answers, one module for each exercise."""

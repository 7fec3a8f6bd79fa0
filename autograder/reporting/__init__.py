"""What becomes of the scores: results, gradebook, feedback, leaderboard."""

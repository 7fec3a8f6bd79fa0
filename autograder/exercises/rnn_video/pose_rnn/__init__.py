"""All that is known of the exercise `pose_rnn`."""

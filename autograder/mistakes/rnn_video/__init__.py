"""Wrong answers to the exercises of assignment rnn_video, one module each."""

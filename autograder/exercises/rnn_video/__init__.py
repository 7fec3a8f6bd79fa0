"""The exercises of assignment rnn_video, one module each."""

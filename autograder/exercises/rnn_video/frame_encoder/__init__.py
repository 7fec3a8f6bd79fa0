"""All that is known of the exercise `frame_encoder`."""

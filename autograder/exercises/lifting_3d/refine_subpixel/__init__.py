"""All that is known of the exercise `refine_subpixel`."""

"""All that is known of the exercise `export_model`."""

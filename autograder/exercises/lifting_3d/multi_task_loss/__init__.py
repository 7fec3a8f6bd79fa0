"""All that is known of the exercise `multi_task_loss`."""

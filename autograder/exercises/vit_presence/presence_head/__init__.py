"""All that is known of the exercise `PresenceHead`."""

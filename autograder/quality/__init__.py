"""What the judging is held to: certified tolerances, and a gallery of what students read."""

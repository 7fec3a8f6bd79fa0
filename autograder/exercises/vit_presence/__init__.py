"""Everything that is known of the exercises of `vit_presence`."""

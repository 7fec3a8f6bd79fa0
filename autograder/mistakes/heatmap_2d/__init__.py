"""Wrong answers to the exercises of assignment heatmap_2d."""

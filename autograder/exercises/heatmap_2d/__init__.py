"""The exercises of assignment heatmap_2d, one module each."""

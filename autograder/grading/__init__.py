"""From a folder of hand-ins to grades: collect, repair, run, score, record."""

"""From a folder of submissions to grades: collect, repair, run, score, record."""

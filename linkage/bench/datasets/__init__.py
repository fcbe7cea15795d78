"""Made-up data sets with their truth, each in the shape of a kind of set that people link."""

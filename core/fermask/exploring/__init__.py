"""What the explorer shows: browsing, comparison, label errors, slices, the map."""

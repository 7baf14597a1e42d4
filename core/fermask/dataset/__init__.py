"""FER2013 and FER+ as people have them, and the sets that are built from them."""

"""The kinds of mask: their colours and the shape of their cloth."""

"""The command ``fermask``: arguments, and the words around answers."""

"""What the demo's page is made of: its tabs, their panels, and the words on them."""

# Seconds after which a visitor's files and results are deleted; at the latest as many later.
KEPT_FOR = 600

"""What the demo's page is made of: its tabs, their panels, and the words on them."""

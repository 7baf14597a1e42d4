"""What goes onto the Hugging Face Hub: Spaces and cards."""

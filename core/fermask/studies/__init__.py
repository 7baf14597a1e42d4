"""What RESULTS.md asks: reproduction, disturbances, dropped classes, landmarks alone, peers."""

"""What every room stands on: errors, texts, files, boards. Knows nothing of a device or a twin."""

"""The same pages over a thousand cases and over a million."""

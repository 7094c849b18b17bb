"""What leaves the program in formats of others: diagrams (BPMN 2.0), event logs (XES), charts (SVG)."""

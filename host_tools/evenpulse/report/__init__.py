"""The clinician's report: what the journal says of a treatment, on two pages of one HTML file."""

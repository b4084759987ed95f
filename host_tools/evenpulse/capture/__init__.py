"""A logic analyser's or oscilloscope's file, held against a prescription: read, measured, judged,
shown.
"""

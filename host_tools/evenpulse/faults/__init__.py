"""Fault campaign: one fault at a random clock of a running session on the twin, judged from pins
and load alone.
"""

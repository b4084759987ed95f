"""Odd inputs for every command that reads a file: `make fuzz` for an hour, some hundred in every
run of the tests.
"""

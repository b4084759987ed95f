"""Evenpulse's host side: command line, link to the device, prescriptions, journal and twin."""

__version__ = "0.1.0"

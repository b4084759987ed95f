"""Evenpulse's thinking part: pure logic, the same source on the RP2040, the Unix port and the host.

Imports nothing but itself and the pure built-ins json, binascii, hashlib, struct; takes time and
inputs as arguments.
"""

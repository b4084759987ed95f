"""What the builds and the tools both stand on: a board's file, the UF2, and how a failure reads.

The builds run before there is any package: standard library and stimcore only, nothing of
evenpulse.
"""

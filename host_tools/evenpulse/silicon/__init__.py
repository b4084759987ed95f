"""The twin held against silicon: MicroPython's benchmarks on it beside what people measured on real
boards, and what the bench measures on that time.
"""

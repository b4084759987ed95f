"""No limit in wall-clock time decides a test: machines are shared. This one ends what would never
end by itself.
"""

HANG_S = 1_500

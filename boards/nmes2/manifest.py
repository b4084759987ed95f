# What is frozen in: what every board has, and this board as data.
include("../manifest.py")
module("board.py")

"""How like the twin's output stage is to its circuit: both at once, which neither of them knows."""

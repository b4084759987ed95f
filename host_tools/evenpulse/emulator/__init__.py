"""The RP2040 in software, with no board around it."""

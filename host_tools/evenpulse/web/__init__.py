"""Pages of ours in this computer's own browser: who may speak to them, and the twin in one."""

SRC_USERMOD_C += $(USERMOD_DIR)/processes.c

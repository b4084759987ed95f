"""The twin: an emulated RP2040 with our firmware in it and a world around it. Importing this
package costs nothing.
"""

"""docs/reference: pages that are written from the tables of firmware and tools, each module one
page.
"""

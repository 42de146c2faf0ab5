"""The clients of AWS and what comes with them. Importing it makes Python collect garbage rarely.

A start makes tens of thousands of objects, none of which is garbage, and looking for some takes a fifteenth of its
time (decision 93).
"""

import gc

gc.set_threshold(100_000, 20, 100)

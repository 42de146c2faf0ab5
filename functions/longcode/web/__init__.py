"""What the APIs share. They import it before all packages, because it has Python collect garbage rarely.

A start makes tens of thousands of objects that stay, and looking through them takes a fifteenth of its time.
"""

import gc

gc.set_threshold(50_000, 20, 100)

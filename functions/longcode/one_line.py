"""Words that stand on a line of their own, of an invoice or a mail: with a break in them, one could look like two."""

PATTERN = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\Z"
"""What such words are: something to read, without breaks and other control characters, and fit to be written."""

"""The complete guest view: a read-through store of what the owners last said, marked old by events."""

"""The cell: plain state, no clock."""

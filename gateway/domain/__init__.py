"""What is true and what is allowed. Standard library only: no I/O, no await, no clock."""

"""The hubstack command."""

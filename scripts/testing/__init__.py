"""The phases of scripts/test."""

"""Broken, hostile and merely odd input for everything that reads from outside, and the judge of what comes of it."""

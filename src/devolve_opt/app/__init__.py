"""The browser app for reform offices: choose or upload a case, set caps, solve, look, compare, ask why, take it along.

Streamlit stands in the pages alone. What needs no browser (a session, its private folder, solves in the background,
the check of an upload) knows nothing of it.
"""

"""What Streamlit runs for each session, anew with everything that a user does."""

from __future__ import annotations

from devolve_opt.app.pages import show

if __name__ == "__main__":
    show()

"""What comes out of a run: tables, a summary in words, figures, and the folder that holds them all."""

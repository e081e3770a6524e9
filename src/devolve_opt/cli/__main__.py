"""`python -m devolve_opt.cli` is `devolve-opt`."""

from devolve_opt.cli import main

if __name__ == "__main__":
    main()

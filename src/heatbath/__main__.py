"""`python -m heatbath` is the command `heatbath`."""

from heatbath.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()

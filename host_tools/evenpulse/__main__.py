"""`python -m evenpulse`: the same as the installed command `evenpulse`."""

from evenpulse.cli import main

if __name__ == "__main__":
    main()

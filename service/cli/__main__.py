"""`python -m service.cli`: the same as the command `voltrace`."""

from service.cli import main

main(prog_name="voltrace")

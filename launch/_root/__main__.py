"""`python -m innervate`."""

from innervate.launch.cli import main

main()

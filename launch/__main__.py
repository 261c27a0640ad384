"""`python -m innervate.launch`."""

from innervate.launch.cli import main

main()

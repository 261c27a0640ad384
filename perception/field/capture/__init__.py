"""Pictures with poses, and the folders that hold them."""

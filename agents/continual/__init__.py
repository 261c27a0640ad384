"""What protects earlier tasks while another is learned: a file each."""

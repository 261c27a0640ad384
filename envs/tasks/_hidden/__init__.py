"""What the task of hidden goals is made of: its protocols, bodies, bookkeeping and rules."""

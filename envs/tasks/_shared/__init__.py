"""What tasks of one kind of body share: arms, vehicles, swimmers."""

"""Motion from events: delayed synapses, the flow that they tell, yaw rate and time to contact."""

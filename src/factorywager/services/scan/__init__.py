"""Where the values of the store stand in plain text: the search, the places, and what is reported."""

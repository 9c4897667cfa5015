"""What a newcomer looks at first: the sample app and the demo that ships it."""

"""What a command does, free of any command line: flows over `Operations`."""

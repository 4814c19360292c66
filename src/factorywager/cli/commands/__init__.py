"""One module per command; what each must be is `registry.Command`."""

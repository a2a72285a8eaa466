"""What people are told: how lanes stand, how far windows are, what was done, how old the data is."""

"""What people meet: requests a second, a working day's load, and how soon a page that is open knows."""

"""The process engine: pure functions over plain data, standard library only."""

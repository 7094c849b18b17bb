"""What the log takes of an error."""

from workflow.log import brief


def test_the_row_that_postgresql_shows_stays_out_of_the_log() -> None:
    said = 'null value in column "name"\nDETAIL:  Failing row contains (Ana Petrović).'
    assert brief(ValueError(said)) == 'ValueError: null value in column "name"'
    assert brief(TimeoutError()) == "TimeoutError: "

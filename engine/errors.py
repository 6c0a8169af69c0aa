"""The errors a person is meant to read: a sentence about what happened and one about what to do."""


class DigitLabError(Exception):
    """Something went wrong that the user can understand and mend.

    Parameters
    ----------
    what : str
        What happened, as a sentence that names the field or file, the value and the legal range.
    do : str, optional
        What to do next, as a sentence.
    details : str, optional
        Technical text that an interface may hide behind *Details*.
    """

    def __init__(self, what: str, do: str = "", details: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.do = do
        self.details = details

    def __str__(self) -> str:
        return f"{self.what} {self.do}".strip()


class SettingError(DigitLabError):
    """A setting is outside its legal range, or two settings contradict each other."""


class DataError(DigitLabError):
    """A dataset or a picture cannot be read."""


class ModelFileError(DigitLabError):
    """A model file cannot be read or written."""

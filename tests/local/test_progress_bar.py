import io

from local.progress_bar import Progress, ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_there_is_a_line_at_the_start_and_one_at_the_end() -> None:
    stream, clock = io.StringIO(), Clock()

    bar = ProgressBar("Node packages", stream=stream, clock=clock)
    bar.show(Progress(0.5, "half"))
    clock.now = 34.4
    bar.finish()

    assert stream.getvalue() == "Node packages ...\nNode packages: done in 34 s\n"


def test_in_a_terminal_one_line_is_drawn_again_and_again() -> None:
    stream, clock = Terminal(), Clock()

    bar = ProgressBar("torch", stream=stream, clock=clock)
    clock.now = 65
    bar.show(Progress(0.5, "downloading torch"))
    bar.finish()

    half, end = stream.getvalue().split("\r\x1b[K")[1:]
    assert half == "torch  ████████████░░░░░░░░░░░░  50%  1:05  downloading torch"
    assert end == "torch: done in 65 s\n"


def test_a_bar_never_goes_back() -> None:
    stream = Terminal()
    bar = ProgressBar("torch", stream=stream, clock=Clock())

    bar.show(Progress(0.75))
    bar.show(Progress(0.25))

    assert stream.getvalue().count(" 75%") == 2


def test_where_nobody_can_know_only_the_time_is_shown() -> None:
    stream = Terminal()

    ProgressBar("Chromium", stream=stream, clock=Clock()).show(Progress())

    assert stream.getvalue() == "\r\x1b[KChromium  0:00"

"""How far a command is: a bar for people, lines for logs."""

from __future__ import annotations

from typing import Any

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from service.cli.common import err

LINE_S = 30.0
"""How often a line is written where there is no bar."""


class _Rate(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """The count, and the rate so far."""
        text = Text(f"{task.fields['count']:,} {task.fields.get('unit', self._unit)}")
        if task.elapsed:
            text.append(f", {(task.fields['count'] - task.fields.get('before', 0)) / task.elapsed:,.0f}/s")
        return text


class _Lines(Progress):
    """Without a bar, a task that is told of now and then is told of in a line."""

    def __init__(self, rate: _Rate) -> None:
        super().__init__(console=err, disable=True)
        self._rate = rate
        self._due = self.get_time() + LINE_S

    def update(self, task_id: TaskID, *arguments: Any, **changes: Any) -> None:
        """As that of a bar."""
        super().update(task_id, *arguments, **changes)
        if self.get_time() < self._due:
            return
        self._due = self.get_time() + LINE_S
        task = self._tasks[task_id]
        share = f", {task.percentage:.0f} %" if task.total else ""
        err.print(f"{task.description}: {self._rate.render(task).plain}{share}", markup=False, soft_wrap=True)


def progress_bar(unit: str) -> Progress:
    """A bar on standard error where that is a terminal, else a line there every half minute.

    Its tasks have a field `count`, of `unit` or of their own `unit`, and may have one `before`: how many of them were
    there at the start.
    """
    rate = _Rate(unit)
    if not err.is_terminal:
        return _Lines(rate)
    columns = (TextColumn("{task.description}"), BarColumn(), rate, TimeRemainingColumn(compact=True))
    return Progress(*columns, console=err)

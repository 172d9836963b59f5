"""Stub."""

from viz.lessons.lesson import Lesson
from viz.passes.page import Page


def lesson_page(lesson: Lesson, title: str | None = None) -> Page:
    raise NotImplementedError

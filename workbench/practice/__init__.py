"""The practice and its mailings, one verb per step; it composes, it does not compute."""

from workbench.practice.mailing import Mailing
from workbench.practice.practice import Practice

__all__ = ["Mailing", "Practice"]

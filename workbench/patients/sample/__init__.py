"""« Cabinet des Tilleuls », an invented practice: its people, agenda and papers, dated anew each day."""

from workbench.patients.sample.data import sample_signatures, sample_templates
from workbench.patients.sample.files import sample_files
from workbench.patients.sample.filling import fill_sample_practice, redate_sample, sample_day

__all__ = [
    "fill_sample_practice",
    "redate_sample",
    "sample_day",
    "sample_files",
    "sample_signatures",
    "sample_templates",
]
